import { type CommittedTrail, oneAuditKey, rowBytes, SEGMENT_RECORDS, type SealedRecord, verifyDeeply } from "@sallyport/audit";
import { auditKey, sealLog } from "@sallyport/audit/testing";
import { expect, test } from "vitest";
import { MemoryMarks } from "../test/memory-marks.ts";
import type { Mark } from "./trail-marks.ts";
import { markId, segmentsOf } from "./trail-marks.ts";
import { TrailIncidents } from "./trail-incidents.ts";
import { Verification } from "./verification.ts";

const CHAIN = "site:S/701";
const KEY = auditKey("verification");
const LOG = sealLog({ deployment: "d", chain: CHAIN, generation: 1, size: SEGMENT_RECORDS + 50, key: KEY, seed: "verification" });

/** A marked chain, its database, and what verifies it; how many records were looked at one by one is counted. */
function running() {
  const database = { records: LOG, handed: 0 };
  const last = LOG.at(-1) as SealedRecord;
  const store = new MemoryMarks();
  store.put("mark", markId(CHAIN, 1), {
    chain: CHAIN,
    generation: 1,
    size: LOG.length,
    mac: last.mac,
    root: last.mac,
    frontier: { size: 0, hashes: [] } as unknown as Mark["frontier"],
    atMs: 0,
  });
  const within = (from: number, to: number): readonly SealedRecord[] => database.records.filter(({ seq }) => seq >= from && seq <= to);
  const reader: CommittedTrail & { deployment(): Promise<string> } = {
    deployment: () => Promise.resolve("d"),
    heads: () => Promise.resolve([{ chain: CHAIN, generation: 1, seq: LOG.length, mac: last.mac }]),
    closings: () => Promise.resolve([]),
    archivals: () => Promise.resolve([]),
    async *records(_chain, _generation, from, to) {
      database.handed += within(from, to).length;
      yield await Promise.resolve(within(from, to));
    },
    async *rowBytes(_chain, _generation, from, to) {
      yield await Promise.resolve(rowBytes(within(from, to)));
    },
  };
  const incidents = new TrailIncidents({ store, reader, deployment: "d", now: () => 1000 });
  const verification = new Verification({
    store,
    incidents,
    deployment: "d",
    epochs: { all: () => oneAuditKey(KEY), verifyingIdOf: () => "audit-1" },
    run: async (work, take) => {
      for await (const verdict of verifyDeeply(work, reader, () => 1000)) take(verdict);
    },
  });
  const altered = LOG.map((record) => (record.seq === 7 ? { ...record, body: record.body.replace('"reason":"', '"reason":"x') } : record));
  return { database, store, verification, altered };
}

test("a run over every record keeps its seals, and the next quick one looks at what came after them alone", async () => {
  const { database, store, verification } = running();
  await verification.verifyBySeals();
  expect(database.handed).toBe(LOG.length);
  expect(segmentsOf(store, CHAIN, 1)).toHaveLength(1);
  database.handed = 0;
  await verification.verifyBySeals();
  expect(database.handed).toBe(50);
  await verification.verify(null);
  expect(database.handed).toBe(50 + LOG.length);
});

test("a record that was altered below a seal opens an incident that names it", async () => {
  const { database, store, verification, altered } = running();
  await verification.verify(null);
  database.records = altered;
  await verification.verifyBySeals();
  expect([...store.all("incident").values()]).toMatchObject([{ chain: CHAIN, from: 7, kind: "altered" }]);
  expect(store.get("broken", markId(CHAIN, 1))).toMatchObject({ broken: { seq: 7, kind: "altered" } });
});

test("a break that stands is lifted by a run over every record, not by seals", async () => {
  const { database, store, verification, altered } = running();
  await verification.verify(null);
  database.records = altered;
  await verification.verify(null);
  database.records = LOG;
  await verification.verifyBySeals();
  expect(store.get("broken", markId(CHAIN, 1))).toMatchObject({ broken: { seq: 7 } });
  await verification.verify(null);
  expect(store.get("broken", markId(CHAIN, 1))).toBeUndefined();
});

test("what isn't whole isn't sealed", async () => {
  const { database, store, verification, altered } = running();
  database.records = altered;
  await verification.verify(null);
  expect(segmentsOf(store, CHAIN, 1)).toEqual([]);
});
