import { expect, test } from "vitest";
import { type BundlePlan, checkpointPair, type Files, makeBundle, memoryReader, recomputeManifest, statementNoteOf } from "./testing/memory-bundle.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { keyFingerprint, leafHash, signLeaf, verifyBundle } from "./index.ts";

const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
const records = sealLog({ ...log, generation: 1, size: 9, seed: "turned" });
/** The key was turned when six leaves had been signed. */
const plan: BundlePlan = { ...log, pair, earlier: { pair: checkpointPair("before"), upTo: 6 }, generations: [records], checkpointSizes: [[]] };
const whole = makeBundle(plan);

const textOf = (files: Files, name: string): string => (files.get(name) as Buffer).toString("utf8");
const breaksOf = async (files: Files): Promise<readonly object[]> => (await verifyBundle(memoryReader(files), { fingerprint: keyFingerprint(pair.raw) })).breaks;

/** The bundle with one record altered, all hashes computed anew, and what else is done to it. */
function altered(seq: number, edit: (files: Files, leaf: string) => void = () => undefined): Files {
  const files: Files = new Map(whole.files);
  const lines = textOf(files, "generation-1.jsonl").split("\n");
  lines[seq - 1] = (lines[seq - 1] ?? "").replace(/"detail":"[^"]*"/, '"detail":"another"');
  files.set("generation-1.jsonl", Buffer.from(lines.join("\n")));
  const leaf = leafHash(lines[seq - 1] ?? "").toString("hex");
  putLeaf(files, seq, (line) => `${leaf}${line.slice(64)}`);
  edit(files, leaf);
  recomputeManifest(files);
  return files;
}

function putLeaf(files: Files, seq: number, edit: (line: string) => string): void {
  const leaves = textOf(files, "leaves-1.txt").split("\n");
  leaves[seq - 1] = edit(leaves[seq - 1] ?? "");
  files.set("leaves-1.txt", Buffer.from(leaves.join("\n")));
}

test("leaves that keys of before signed are whole, and the record that was altered among them is named", async () => {
  expect(await breaksOf(whole.files)).toEqual([]);
  for (const seq of [2, 6, 7, 9]) expect(await breaksOf(altered(seq))).toMatchObject([{ generation: 1, seq, kind: "altered" }]);
});

test("a leaf that was signed with a key that the statement doesn't name is no genuine one", async () => {
  const other = checkpointPair("other").privateKey;
  const files = altered(8, (all, leaf) => {
    putLeaf(all, 8, () => `${leaf} ${signLeaf({ deployment: log.deployment, chain: log.chain, generation: 1, seq: 8, leaf }, other)}`);
  });
  expect(await breaksOf(files)).toMatchObject([{ generation: 1, seq: 8, kind: "altered" }]);
});

test("under a statement that was written anew the record is named too, with leaves by keys of before", async () => {
  const forged = statementNoteOf({ ...plan, pair: checkpointPair("other") }, whole.statement);
  const files = altered(5, (all) => void all.set("statement.note", Buffer.from(forged)));
  expect(await breaksOf(files)).toMatchObject([
    { seq: 0, kind: "altered" },
    { generation: 1, seq: 5, kind: "altered" },
  ]);
});

test("whoever writes the statement anew doesn't hide the record by naming a key of their own in it", async () => {
  const single = makeBundle({ ...plan, earlier: { pair: checkpointPair("other"), upTo: 0 } });
  const other = checkpointPair("other");
  const files = altered(5, (all, leaf) => {
    for (const [name, bytes] of single.files) if (name === "leaves-1.txt" || name === "keys.json") all.set(name, bytes);
    putLeaf(all, 5, () => `${leaf} ${signLeaf({ deployment: log.deployment, chain: log.chain, generation: 1, seq: 5, leaf }, other.privateKey)}`);
    all.set("statement.note", Buffer.from(statementNoteOf({ ...plan, pair: other }, single.statement)));
  });
  expect(await breaksOf(files)).toMatchObject([
    { seq: 0, kind: "altered" },
    { generation: 1, seq: 5, kind: "altered" },
  ]);
});
