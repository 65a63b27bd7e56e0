import { CompactRange, leafHash } from "@sallyport/audit";
import type { Grant } from "@sallyport/policy";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { type ProofDeps, trailProofs } from "./trail-proofs.ts";

const CHAIN = "site:S/701";
const LINES = ["one", "two", "three", "four", "five"];
const leaves = LINES.map((line) => leafHash(`${line}\n`));
const range = new CompactRange();
for (const leaf of leaves) range.append(leaf);

/** Five records under one checkpoint, whose stored tiles are as a test has them. */
function proofs(tile: Buffer) {
  const checkpoint = { chain: CHAIN, generation: 1, size: LINES.length, root: range.root().toString("hex"), note: "" };
  const deps = {
    checkpoints: { latest: () => Promise.resolve(checkpoint), covering: () => Promise.resolve({ ...checkpoint, size: 3 }) },
    trees: { tiles: () => () => Promise.resolve(tile) },
    checkpoint: () => Promise.resolve(),
    vkey: () => "",
  } as unknown as ProofDeps;
  return trailProofs(deps);
}
const grant = { assert: () => undefined } as unknown as Grant;
const excerptProof = async (tile: Buffer) => (await proofs(tile).openExcerpt(grant, [CHAIN])).prove({ chain: CHAIN, generation: 1, seq: 2, line: "two\n" });
const whole = Buffer.concat(leaves);

test("an excerpt's record has its proof, and none where the stored tree is short of what it needs, or another's", async () => {
  expect(await excerptProof(whole)).toHaveLength(3);
  expect(await excerptProof(whole.subarray(0, 96))).toBeNull();
  expect(await excerptProof(Buffer.alloc(0))).toBeNull();
  expect(await excerptProof(Buffer.alloc(whole.length))).toBeNull();
});

test("growth isn't proven by a stored tree that is short", async () => {
  expect(await proofs(whole.subarray(0, 96)).proveGrowth(grant, { chain: CHAIN, generation: 1, from: 1 }).catch(codeOf)).toBe("trail.unprovable");
});
