import { seededBytes } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { type DeepVerdict, type Head, oneAuditKey, rowBytes, SEGMENT_RECORDS, type SealedRecord, type SegmentSeal, sealedSegments, SegmentSealer, verifyDeeply } from "./index.ts";
import { deepLog, deepOperators, halfOf, markOf } from "./testing/deep-operators.ts";
import type { Draw } from "./testing/mutations.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";

const { deployment, chain, generation, key } = deepLog;
const of = { deployment, chain, generation, auditKey: key };
const log = sealLog({ ...deepLog, size: 2 * SEGMENT_RECORDS + 900, seed: "segments" });

/** Numbers that a seed gives. */
const drawOf = (seed: string): Draw => {
  const bytes = seededBytes(seed);
  return (min, max) => min + (bytes(4).readUInt32BE() % (max - min + 1));
};

/** A store with these rows, which counts those that are handed out as records. */
function storeOf(records: readonly SealedRecord[], head = markOf(records, records.length)) {
  const within = (from: number, to: number): readonly SealedRecord[] =>
    records.filter((row) => row.chain === chain && row.generation === generation && row.seq >= from && row.seq <= to).toSorted((a, b) => a.seq - b.seq);
  const heads: readonly Head[] = [{ chain, generation, seq: head.size, mac: head.mac }];
  return {
    handed: 0,
    heads: () => Promise.resolve(heads),
    closings: () => Promise.resolve([]),
    archivals: () => Promise.resolve([]),
    async *records(_chain: string, _generation: number, from: number, to: number) {
      const rows = within(from, to);
      this.handed += rows.length;
      // Pages that don't end where segments do.
      for (let at = 0; at < rows.length; at += 1000) yield await Promise.resolve(rows.slice(at, at + 1000));
    },
    async *rowBytes(_chain: string, _generation: number, from: number, to: number) {
      const bytes = rowBytes(within(from, to));
      for (let at = 0; at < bytes.length; at += 65_537) yield await Promise.resolve(bytes.subarray(at, at + 65_537));
    },
  };
}

async function verdictOf(
  store: ReturnType<typeof storeOf>,
  more: { readonly seals?: readonly SegmentSeal[]; readonly isQuick?: boolean; readonly marked?: number } = {},
): Promise<DeepVerdict> {
  const { seals = [], isQuick = false, marked = log.length } = more;
  const marks = [halfOf(log), marked].map((size) => ({ chain, generation, ...markOf(log, size) }));
  const verdicts: DeepVerdict[] = [];
  for await (const verdict of verifyDeeply({ deployment, auditKeys: oneAuditKey(key), chains: null, marks, seals: [{ chain, generation, seals }], isQuick }, store, () => 0))
    verdicts.push(verdict);
  return verdicts[0] as DeepVerdict;
}

const sealed = async (): Promise<readonly SegmentSeal[]> => (await verdictOf(storeOf(log))).sealed?.seals ?? [];

test("a run over every record seals full segments, and a quick one believes them and reads the rest alone", async () => {
  const seals = await sealed();
  expect(seals.map(({ mac }) => mac)).toEqual([log[SEGMENT_RECORDS - 1]?.mac, log[2 * SEGMENT_RECORDS - 1]?.mac]);
  const store = storeOf(log);
  expect(await verdictOf(store, { seals, isQuick: true })).toMatchObject({ size: log.length, broken: null, bySeals: 2 * SEGMENT_RECORDS });
  expect(store.handed).toBe(900);
  // What is sealed already isn't sealed again.
  expect(await verdictOf(storeOf(log), { seals })).toEqual({ chain, generation, size: log.length, at: "1970-01-01T00:00:00.000Z", broken: null });
});

test("what has grown to a full segment since is sealed by a quick run too, and goes on from the seal before", async () => {
  const seals = await sealed();
  const grown = await verdictOf(storeOf(log), { seals: seals.slice(0, 1), isQuick: true });
  expect(grown.sealed).toEqual({ from: 1, seals: seals.slice(1) });
});

describe.each(Object.keys(deepOperators))("%s", (name) => {
  const { attack } = deepOperators[name] as (typeof deepOperators)[string];

  test("is found by a quick run as by one over every record", async () => {
    const seals = await sealed();
    const marked = log.length - 100;
    const { records, head } = attack(log, marked, drawOf(name));
    const deep = await verdictOf(storeOf(records, head), { marked });
    const quick = await verdictOf(storeOf(records, head), { marked, seals, isQuick: true });
    expect(deep.broken).not.toBeNull();
    expect(quick.broken && { seq: quick.broken.seq, kind: quick.broken.kind }).toEqual(deep.broken && { seq: deep.broken.seq, kind: deep.broken.kind });
  });
});

test("a seal that doesn't hold over records that do is made anew: the run over the records has the last word", async () => {
  const seals = await sealed();
  const wrong = seals.with(1, { ...(seals[1] as SegmentSeal), seal: "0".repeat(64) });
  const found = await verdictOf(storeOf(log), { seals: wrong, isQuick: true });
  expect(found).toMatchObject({ broken: null, sealed: { from: 0, seals } });
  expect(found.bySeals).toBeUndefined();
});

test.each([
  ["another chain's", { ...of, chain: "site:STUDY/702" }],
  ["another generation's", { ...of, generation: 2 }],
  ["another deployment's", { ...of, deployment: "dmnpqrstvwxyz" }],
  ["another key's", { ...of, auditKey: auditKey("theirs") }],
])("seals are no use as %s", async (_, other) => {
  const seals = await sealed();
  expect(await sealedSegments(of, seals, storeOf(log).rowBytes(chain, 1, 1, 2 * SEGMENT_RECORDS))).toEqual({ whole: 2, isSuspect: false });
  expect(await sealedSegments(other, seals, storeOf(log).rowBytes(chain, 1, 1, 2 * SEGMENT_RECORDS))).toEqual({ whole: 0, isSuspect: true });
});

test("rows that end early, and rows behind the last, are suspect; so are seals in another order", async () => {
  const seals = await sealed();
  const check = (to: number, kept = seals) => sealedSegments(of, kept, storeOf(log).rowBytes(chain, 1, 1, to));
  expect(await check(2 * SEGMENT_RECORDS - 1)).toEqual({ whole: 1, isSuspect: true });
  expect(await check(2 * SEGMENT_RECORDS + 1)).toEqual({ whole: 2, isSuspect: true });
  expect(await check(2 * SEGMENT_RECORDS, seals.toReversed())).toEqual({ whole: 0, isSuspect: true });
});

test("a sealer that is given records one by one makes the same seals", async () => {
  const sealer = new SegmentSealer(of, []);
  for (const record of log) sealer.push([record]);
  expect(sealer.seals).toEqual(await sealed());
});
