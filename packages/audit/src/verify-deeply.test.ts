import { expect, test } from "vitest";
import { type DeepProgress, oneAuditKey, type SealedRecord, verifyDeeply } from "./index.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";

const CHAIN = "site:S/701";
const log = sealLog({ deployment: "d", chain: CHAIN, generation: 1, size: 20_500, key: auditKey("progress"), seed: "progress" });

/** The log as a store has it, in batches. */
const stored = (records: readonly SealedRecord[], generation = 1) => ({
  heads: () => Promise.resolve([{ chain: CHAIN, generation, seq: records.length, mac: records.at(-1)?.mac ?? "" }]),
  closings: () => Promise.resolve([]),
  async *records() {
    for (let at = 0; at < records.length; at += 1000) yield await Promise.resolve(records.slice(at, at + 1000));
  },
});

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test("a long generation is told of as it goes, and its verdict comes when it is at its end", async () => {
  const told: DeepProgress[] = [];
  const work = { deployment: "d", auditKeys: oneAuditKey(auditKey("progress")), chains: null, marks: [] };
  const verdicts = await all(
    verifyDeeply(
      work,
      stored(log),
      () => 0,
      (progress) => told.push(progress),
    ),
  );
  expect(told.map(({ done, of }) => [done, of])).toEqual([
    [10_000, 20_500],
    [20_000, 20_500],
  ]);
  expect(verdicts).toMatchObject([{ chain: CHAIN, size: 20_500, broken: null }]);
});

test("whether an archived generation's records stand there still is seen by the first of them", async () => {
  let batches = 0;
  const source = stored(log);
  const reader = {
    ...source,
    archivals: () => Promise.resolve([]),
    async *records() {
      for await (const records of source.records()) {
        batches += 1;
        yield records;
      }
    },
  };
  const archived = { chain: CHAIN, generation: 1, size: log.length, mac: log.at(-1)?.mac ?? "", manifest: "0".repeat(64), isGone: true };
  const work = { deployment: "d", auditKeys: oneAuditKey(auditKey("progress")), chains: null, marks: [], archived: [archived] };
  expect(await all(verifyDeeply(work, reader, () => 0))).toMatchObject([{ isGone: true, broken: { seq: 1, kind: "inserted" } }]);
  expect(batches).toBe(1);
});

test("a head that is before a generation which was opened was put back", async () => {
  const mark = { chain: CHAIN, generation: 2, size: 0, mac: "" };
  const work = { deployment: "d", auditKeys: oneAuditKey(auditKey("progress")), chains: null, marks: [mark] };
  const verdicts = await all(verifyDeeply(work, { ...stored(log.slice(0, 3)), records: async function* () {} }, () => 0));
  expect(verdicts.find(({ generation }) => generation === 2)?.broken).toMatchObject({ seq: 1, kind: "rolled back" });
});

test("within a second generation it is told how many records of the chain were gone through before", async () => {
  const first = log.slice(0, 12_000);
  const source = stored(log);
  const reader = {
    ...source,
    heads: () => Promise.resolve([{ chain: CHAIN, generation: 2, seq: log.length, mac: log.at(-1)?.mac ?? "" }]),
    closings: () => Promise.resolve([{ chain: CHAIN, generation: 1, seq: first.length, mac: first.at(-1)?.mac ?? "" }]),
    records: (_chain: string, generation: number) => stored(generation === 1 ? first : log).records(),
  };
  const told: DeepProgress[] = [];
  const work = {
    deployment: "d",
    auditKeys: oneAuditKey(auditKey("progress")),
    chains: null,
    marks: [{ chain: CHAIN, generation: 1, size: first.length, mac: first.at(-1)?.mac ?? "" }],
  };
  const verdicts = await all(
    verifyDeeply(
      work,
      reader,
      () => 0,
      (progress) => told.push(progress),
    ),
  );
  const through = verdicts.find(({ generation }) => generation === 1)?.size ?? 0;
  expect(through).toBe(12_000);
  expect(told.map(({ generation, done, before }) => [generation, before + done])).toEqual([
    [1, 10_000],
    [2, 12_000 + 10_000],
    [2, 12_000 + 20_000],
  ]);
});
