import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleFingerprint, bundleOperators, honestBundle } from "./testing/bundle-operators.ts";
import { type BundlePlan, checkpointPair, type Files, leafLine, makeBundle, memoryReader, recomputeManifest } from "./testing/memory-bundle.ts";
import { operators, type Row, rowOf } from "./testing/mutations.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { keyFingerprint, leafHash, verifyBundle } from "./index.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const RUNS = LONG ? 100_000 : 600;
/** Some of these sign a bundle anew. */
const RUNS_ON_FILES = LONG ? 25_000 : 300;
/** Tails of a thousand records: all of them, or some. */
const TAILS = LONG ? Array.from({ length: 1000 }, (_, index) => index + 1) : [1, 2, 97, 199, 200, 201, 600, 998, 1000];
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", generation: 1, key: auditKey("ours") };
const pair = checkpointPair("ours");
const others = checkpointPair("other");
const fingerprint = keyFingerprint(pair.raw);

const bases = Array.from({ length: 8 }, (_, index) => {
  const records = sealLog({ ...log, size: 3 + index * 2, seed: `base ${index}` });
  const plan: BundlePlan = { ...log, pair, generations: [records], checkpointSizes: [[0, 1 + Math.floor(index / 2), 2 + index].slice(index % 3)] };
  const { files } = makeBundle(plan);
  return { plan, records, files, leaves: (files.get("leaves-1.txt") as Buffer).toString("latin1").split("\n").slice(0, -1) };
});

/** What happens to the leaves: nothing; they are moved with their records; or their hashes are computed anew. */
type Leaves = "untouched" | "moved" | "recomputed";

function leavesFor(how: Leaves, rows: readonly Row[], base: (typeof bases)[number]): string {
  const signatureAt = (index: number): string => base.leaves[index]?.slice(65) ?? randomBytes(64).toString("base64");
  const anew = (row: Row, index: number): string => `${leafHash(row.line).toString("hex")} ${signatureAt(index)}\n`;
  if (how === "untouched") return base.leaves.map((line) => `${line}\n`).join("");
  if (how === "recomputed") return rows.map(anew).join("");
  return rows
    .map((row, index) => {
      if (row.origin === null) return anew(row, index);
      const isOther = row.origin.body.includes('"deployment":"dother"');
      return leafLine(isOther ? { deployment: "dother", pair: others } : base.plan, row.origin);
    })
    .join("");
}

const names = Object.keys(operators);

describe("a bundle whose records were changed, everything that needs no private key computed anew", () => {
  test(`${names.length} kinds of change, at random, are all found at the first bad record and called by their name`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat({ max: bases.length - 1 }),
        fc.constantFrom<Leaves>("untouched", "moved", "recomputed"),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        async (name, number, how, isPinned, stream) => {
          const base = bases[number] as (typeof bases)[number];
          const draw = (min: number, max: number): number => min + (Number(stream.next().value) % (max - min + 1));
          const { rows, expected } = (operators[name] as (typeof operators)[string])(base.records.map(rowOf), draw);
          const files: Files = new Map(base.files);
          files.set("generation-1.jsonl", Buffer.from(rows.map(({ line }) => `${line}\n`).join(""), "utf8"));
          files.set("leaves-1.txt", Buffer.from(leavesFor(how, rows, base), "latin1"));
          recomputeManifest(files);
          const verdict = await verifyBundle(memoryReader(files), isPinned ? { fingerprint } : {});
          expect(verdict.whole).toBe(false);
          expect(verdict.breaks).toEqual([expect.objectContaining({ chain: log.chain, generation: 1, ...expected })]);
        },
      ),
      { numRuns: RUNS },
    );
  }, 3_600_000);
});

describe("a bundle of two generations, any of whose files was changed, or which a fooled custodian signed", () => {
  const honest = Array.from({ length: 6 }, (_, index) => honestBundle(8 + index * 2));
  const attacks = Object.keys(bundleOperators);
  test(`${attacks.length} kinds of change, at random, are all found where they are and called by their name`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...attacks), fc.constantFrom(...honest), fc.infiniteStream(fc.nat()), async (name, base, stream) => {
        const draw = (min: number, max: number): number => min + (Number(stream.next().value) % (max - min + 1));
        const { files, expected } = (bundleOperators[name] as (typeof bundleOperators)[string]).attack(base, draw);
        const { whole, breaks } = await verifyBundle(memoryReader(files), { fingerprint: bundleFingerprint });
        expect({ whole, found: breaks[0] }).toMatchObject({ whole: false, found: expected });
      }),
      { numRuns: RUNS_ON_FILES },
    );
  }, 3_600_000);
});

test(`a tail of any length of a thousand records is missed, its leaves with it or not${LONG ? "" : " (a sample)"}`, async () => {
  const records = sealLog({ ...log, size: 1000, seed: "a thousand" });
  const { files } = makeBundle({ ...log, pair, generations: [records], checkpointSizes: [[400, 800]] });
  const linesOf = (name: string): readonly string[] => String(files.get(name)).split(/(?<=\n)/);
  const [lines, leaves] = [linesOf("generation-1.jsonl"), linesOf("leaves-1.txt")];
  for (const length of TAILS) {
    const size = records.length - length;
    const cut: Files = new Map([...files, ["generation-1.jsonl", Buffer.from(lines.slice(0, size).join(""))]]);
    if (length % 2 === 0) cut.set("leaves-1.txt", Buffer.from(leaves.slice(0, size).join("")));
    recomputeManifest(cut);
    expect((await verifyBundle(memoryReader(cut), { fingerprint })).breaks).toEqual([expect.objectContaining({ generation: 1, seq: size + 1, kind: "truncated" })]);
  }
}, 3_600_000);

test("an honest bundle, of any size, gives no alarm", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 20 }), fc.array(fc.nat(), { maxLength: 4 }), fc.string(), async (size, sizes, seed) => {
      const records = sealLog({ ...log, size, seed });
      const checkpointSizes = [sizes.map((value) => value % (size + 1)).toSorted((a, b) => a - b)];
      const { files } = makeBundle({ ...log, pair, generations: [records], checkpointSizes });
      const verdict = await verifyBundle(memoryReader(files), { fingerprint });
      expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", breaks: [], records: size, checkpoints: sizes.length + 1 });
    }),
    { numRuns: LONG ? 10_000 : 100 },
  );
}, 3_600_000);
