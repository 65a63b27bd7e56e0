import { expect, test } from "vitest";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { DeepVerifier, type Mark, type SealedRecord, ZERO_MAC } from "./index.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const log = { deployment: "dabcdefghijkl", chain: "system", generation: 2, key: auditKey("ours") };
const records = sealLog({ ...log, size: 1000, seed: "a thousand" });
const pin = { size: 1000, mac: (records.at(-1) as SealedRecord).mac };

function verifierOf(list: readonly SealedRecord[], marks: readonly Mark[]): DeepVerifier {
  const verifier = new DeepVerifier({ ...log, auditKey: log.key, marks });
  for (const record of list) verifier.push(record);
  return verifier;
}

test(`a tail of any length, from one record to all, is missed${LONG ? "" : " (a sample)"}`, () => {
  for (let size = 0; size < records.length; size += LONG || size < 3 || size > 996 ? 1 : 7) {
    expect(verifierOf(records.slice(0, size), [pin]).end()).toMatchObject({ seq: size + 1, kind: "truncated" });
  }
}, 600_000);

test("a short log whose own head agrees was put back as a whole", () => {
  const kept = records.slice(0, 400);
  const head = { size: 400, mac: (kept.at(-1) as SealedRecord).mac };
  expect(verifierOf(kept, [pin]).end(head)).toMatchObject({ seq: 401, kind: "rolled back" });
  expect(verifierOf([], [pin]).end({ size: 0, mac: ZERO_MAC })).toMatchObject({ seq: 1, kind: "rolled back" });
});

test("a tail that nobody signed yet is missed by the store's own head", () => {
  const head = { size: 1000, mac: pin.mac };
  expect(verifierOf(records.slice(0, 998), [{ size: 500, mac: (records[499] as SealedRecord).mac }]).end(head)).toMatchObject({ seq: 999, kind: "truncated" });
  expect(verifierOf(records, []).end({ size: 998, mac: (records[997] as SealedRecord).mac })).toMatchObject({ seq: 999, kind: "rolled back" });
  expect(verifierOf(records, []).end({ size: 1000, mac: ZERO_MAC })).toMatchObject({ seq: 1000, kind: "altered" });
});

test("columns that contradict their record are an alteration", () => {
  const row = records[9] as SealedRecord;
  for (const altered of [
    { ...row, seq: 11 },
    { ...row, prevMac: ZERO_MAC },
    { ...row, chain: "site:A/1" },
    { ...row, generation: 1 },
    { ...row, mac: ZERO_MAC },
  ]) {
    expect(verifierOf(records.with(9, altered), [pin]).end()).toMatchObject({ chain: "system", generation: 2, seq: 10, kind: "altered" });
  }
});

test("a break that is certain is told at once and stays", () => {
  const other = sealLog({ ...log, chain: "site:A/1", size: 5, seed: "other" })[4] as SealedRecord;
  const verifier = verifierOf(records.slice(0, 4), [pin]);
  const found = verifier.push(other);
  expect(found).toMatchObject({ seq: 5, kind: "foreign" });
  expect(verifier.push(records[4] as SealedRecord)).toBe(found);
  expect(verifier.end()).toBe(found);
  expect([verifier.size, verifier.mac]).toEqual([4, (records[3] as SealedRecord).mac]);
});

test("what past the last signed size doesn't authenticate was never sealed, unless a genuine record follows it", () => {
  const mark = { size: 500, mac: (records[499] as SealedRecord).mac };
  const broken = { ...(records[600] as SealedRecord), body: (records[600] as SealedRecord).body.replace('"v":1', '"v":2') };
  expect(verifierOf([...records.slice(0, 600), broken], [mark]).end()).toMatchObject({ seq: 601, kind: "inserted" });
  expect(verifierOf(records.with(600, broken), [mark]).end()).toMatchObject({ seq: 601, kind: "altered" });
});
