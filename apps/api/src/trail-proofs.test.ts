import { checkpointOrigin, checkpointText, CompactRange, encodeRecord, keysBehind, leafHash, lineOf, openNote, signNote, verifyRecordProof } from "@sallyport/audit";
import { badTurns, type HeldKey, heldKey, turnOf } from "@sallyport/audit/testing";
import type { Grant } from "@sallyport/policy";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { type ProofDeps, trailProofs } from "./trail-proofs.ts";

const CHAIN = "site:S/701";
const DEPLOYMENT = "dabcdefghijkl";
const [first, second, third] = [heldKey("first"), heldKey("second"), heldKey("third")];
const MAC = "a".repeat(64);
const bodyAt = (seq: number): string => {
  const said = { principal: "prn_0", role: "r", workload: "w", action: "phi.read", resource: "s", site: "S/701", decision: "allow", reason: "allowed" } as const;
  const place = { deployment: DEPLOYMENT, generation: 1, seq, timestampUtc: "2026-01-02T03:04:05.678Z", prevMac: "0".repeat(64) };
  return encodeRecord({ ...said, chain: CHAIN, request_id: "req_0", policy: "v1:0", detail: "" }, place);
};
const LINES = [1, 2, 3, 4, 5].map((seq) => lineOf(bodyAt(seq), MAC));
const leaves = LINES.map((line) => leafHash(line));

/** Which keys signed what is stored, and what the custodian says of its own: now, and once it is asked anew. */
interface Signed {
  readonly covering?: HeldKey;
  readonly latest?: HeldKey;
  readonly says?: readonly [key: HeldKey, handovers: readonly string[]];
  readonly saysThen?: readonly [key: HeldKey, handovers: readonly string[]];
}

/** Five records under two checkpoints, whose stored tiles are as a test has them. */
function proofs(tile: Buffer, { covering = first, latest = first, says = [first, []], saysThen = says }: Signed = {}) {
  const checkpointBy = (by: HeldKey, size: number) => {
    const range = new CompactRange();
    for (const leaf of leaves.slice(0, size)) range.append(leaf);
    const note = signNote(checkpointText({ origin: checkpointOrigin(DEPLOYMENT, CHAIN, 1), size, root: range.root() }), by.signer);
    return { chain: CHAIN, generation: 1, size, root: range.root().toString("hex"), note };
  };
  let [key, handovers] = says;
  const deps = {
    checkpoints: { latest: () => Promise.resolve(checkpointBy(latest, 5)), covering: () => Promise.resolve(checkpointBy(covering, 3)) },
    trees: { tiles: () => () => Promise.resolve(tile) },
    anchors: { of: () => Promise.resolve([]) },
    checkpoint: () => Promise.resolve(),
    signingKey: () => ({ vkey: key.vkey, handovers, behind: keysBehind(key.vkey, handovers) }),
    heard: () => {
      [key, handovers] = saysThen;
      return Promise.resolve();
    },
  } as unknown as ProofDeps;
  return trailProofs(deps);
}
const grant = { assert: () => undefined } as unknown as Grant;
const excerptProof = async (tile: Buffer) => (await proofs(tile).openExcerpt(grant, [CHAIN])).prove({ chain: CHAIN, generation: 1, seq: 2, line: LINES[1] ?? "" });
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

const turn = turnOf(first, second);
const turned: Signed = { says: [second, [turn]] };
const provenBy = async (signed: Signed) => {
  const { proof } = await proofs(whole, signed).proveStored({ chain: CHAIN, generation: 1, seq: 2, body: bodyAt(2), mac: MAC });
  return proof;
};
const growth = (signed: Signed) => proofs(whole, signed).proveGrowth(grant, { chain: CHAIN, generation: 1, from: 1 });

test("a proof names the key that signed the very checkpoint in it, and brings the handovers along", async () => {
  const [atTheTurn, later] = [await provenBy(turned), await provenBy({ ...turned, latest: second })];
  expect(verifyRecordProof(atTheTurn, first)).toMatchObject({ fingerprint: first.fingerprint, behind: [first.vkey] });
  expect(verifyRecordProof(later, second)).toMatchObject({ fingerprint: second.fingerprint, behind: [second.vkey, first.vkey] });
  expect(verifyRecordProof(later, first).handedOver).toMatchObject([{ from: first.fingerprint, to: second.fingerprint }]);
});

test("growth is between two checkpoints, each by a key behind the one that states it", async () => {
  const grown = await growth({ ...turned, latest: second });
  expect(grown).toMatchObject({ vkey: second.vkey, handovers: [turn] });
  // It is stated by who signed the newer one: for a moment after a turn, by the key before.
  expect(await growth(turned)).toMatchObject({ vkey: first.vkey, handovers: [turn] });
  expect(await growth({ ...turned, covering: second }).catch(codeOf)).toBe("trail.unprovable");
  for (const note of [grown?.from ?? "", grown?.to ?? ""]) expect(openNote(note, keysBehind(grown?.vkey ?? "", grown?.handovers ?? []))).toContain(CHAIN);
});

test("a turn that wasn't heard of yet is asked for, before anything is taken for unsigned", async () => {
  const unheard: Signed = { says: [first, []], saysThen: [second, [turn]], latest: second };
  expect(verifyRecordProof(await provenBy(unheard)).fingerprint).toBe(second.fingerprint);
  expect(await growth(unheard)).toMatchObject({ vkey: second.vkey });
  expect((await proofs(whole, unheard).openExcerpt(grant, [CHAIN])).key).toEqual({ vkey: second.vkey, handovers: [turn] });
});

test.each([
  ["a key that nothing leads to", { ...turned, latest: third }] as const,
  // Those whose handovers are in order, and lead elsewhere.
  ...badTurns(first, second)
    .slice(-2)
    .map(([name, handovers]) => [`one whose handover ${name}`, { says: [second, handovers] }] as const),
])("nothing is proven by a checkpoint of %s", async (_name, signed: Signed) => {
  expect(await provenBy(signed).catch(codeOf)).toBe("trail.unprovable");
  expect(await growth(signed).catch(codeOf)).toBe("trail.unprovable");
  const excerpt = await proofs(whole, signed).openExcerpt(grant, [CHAIN]);
  expect(await excerpt.checkpoint(CHAIN, 1).catch(codeOf)).toBe("trail.unavailable");
});
