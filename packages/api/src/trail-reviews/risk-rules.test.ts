import { expect, test } from "vitest";
import { BURST_DENIALS, BURST_WITHIN_MS, burstsOf, isDenial, isOutOfHours, isPrivilegeChange, type RiskRecord, RULES } from "./risk-rules.ts";
import { itemsOf, selectionDigest } from "./select-items.ts";

/** A Tuesday. */
const NOON = Date.parse("2026-03-10T12:00:00.000Z");
const HOURS = { from: 7, until: 19 };

let seq = 0;
const record = (over: Partial<RiskRecord> = {}) => ({
  chain: "system",
  generation: 1,
  seq: (seq += 1),
  atMs: NOON,
  principal: "prn_1",
  action: "phi.read",
  decision: "allow",
  reason: "allowed",
  requestId: `req_${seq}`,
  detail: {},
  role: "-",
  workload: "-",
  resource: "-",
  site: "-",
  mac: "0".repeat(64),
  ...over,
});
const at = (time: string): number => Date.parse(`2026-03-${time}:00.000Z`);

test("a change of rights is one that has a reason, not a look at it, nor a preview, nor what was refused", () => {
  const changed = (action: string, over: Partial<RiskRecord> = {}) => isPrivilegeChange(record({ action, detail: { commitment: "c" }, ...over }));
  for (const action of ["assignment.change", "role.change", "person.offboard", "workload.enrol", "lock.set"]) expect([action, changed(action)]).toEqual([action, true]);
  for (const action of ["phi.read", "role.read", "access.change"]) expect([action, changed(action)]).toEqual([action, false]);
  expect(changed("assignment.change", { detail: { preview: "d" } })).toBe(false);
  expect(changed("assignment.change", { decision: "deny", reason: "policy.denied" })).toBe(false);
  expect(changed("assignment.change", { reason: "replayed" })).toBe(false);
  expect(changed("approval.use", { detail: { person: "per_1" } })).toBe(true);
  const agreed = (kind: string) => changed("approval.decide", { detail: { commitment: "c", kind } });
  expect([agreed("person.invite"), agreed("phi.bulk_reveal")]).toEqual([true, false]);
  expect([changed("access.review"), changed("access.review", { detail: { outcome: "ended" } })]).toEqual([false, true]);
  expect([changed("role.change", { decision: "note", reason: "effective" }), changed("lock.set", { decision: "note" })]).toEqual([true, false]);
});

test("a reveal is out of hours at night and at the weekend, and a working day may go over midnight", () => {
  const outside = (time: string, hours = HOURS) => isOutOfHours(at(time), hours);
  expect(["10T06:59", "10T07:00", "10T18:59", "10T19:00"].map((time) => outside(time))).toEqual([true, false, false, true]);
  expect(["13T12:00", "14T12:00", "15T12:00", "16T12:00"].map((time) => outside(time))).toEqual([false, true, true, false]);
  // 15:00 to 01:00 UTC: Friday's last hour is Saturday's first, and Sunday's is out of hours.
  const west = { from: 15, until: 1 };
  expect(["13T14:59", "14T00:59", "14T01:00", "16T00:30", "17T00:30"].map((time) => outside(time, west))).toEqual([true, false, true, true, false]);
  const round = { from: 0, until: 0 };
  expect(["13T23:59", "14T00:00"].map((time) => outside(time, round))).toEqual([false, true]);
  const reveal = (over: Partial<RiskRecord>) => RULES.reveal_hours(record({ atMs: at("10T03:00"), ...over }), HOURS);
  expect(reveal({})).toBe(true);
  expect([reveal({ action: "phi.bulk_reveal" }), reveal({ action: "phi.bulk_reveal", detail: { opened: "3" } })]).toEqual([false, true]);
  expect([reveal({ action: "subject.read" }), reveal({ decision: "deny" }), reveal({ atMs: NOON })]).toEqual([false, false, false]);
});

const denials = (count: number, everyMs: number, over: Partial<RiskRecord> = {}) =>
  Array.from({ length: count }, (_, index) => record({ decision: "deny", reason: "policy.denied", atMs: NOON + index * everyMs, ...over }));
const inTime = (a: RiskRecord, b: RiskRecord) => a.atMs - b.atMs || a.seq - b.seq;
const found = (records: readonly RiskRecord[]) => burstsOf(records, inTime).map(({ first, denials: count, lastMs }) => [(first.atMs - NOON) / 1000, count, (lastMs - NOON) / 1000]);

test("so many denials of one principal within the time are one burst, and one fewer, or of several, are none", () => {
  const apart = BURST_WITHIN_MS / (BURST_DENIALS - 1);
  expect(found(denials(BURST_DENIALS - 1, 0))).toEqual([]);
  expect(found(denials(BURST_DENIALS, apart))).toEqual([[0, BURST_DENIALS, 600]]);
  expect(found(denials(BURST_DENIALS, apart + 1))).toEqual([]);
  expect(found([...denials(3, 1000), ...denials(3, 1000, { principal: "prn_2" })])).toEqual([]);
  expect(found(denials(40, 60_000))).toEqual([[0, 40, 2340]]);
  // An hour later it is another one; what lies between, sparsely, is in neither.
  const later = denials(6, 1000).map((each) => ({ ...each, atMs: each.atMs + 3_600_000 }));
  expect(found([...later, record({ decision: "deny", atMs: NOON + 1_800_000 }), ...denials(5, 1000)])).toEqual([
    [0, 5, 4],
    [3600, 6, 3605],
  ]);
});

test("an input that isn't taken is no denial", () => {
  const reasons = ["policy.denied", "policy.denied:other_site", "token.time", "input.invalid", "review.open", "a reason of another version"];
  expect(reasons.map((reason) => isDenial(record({ decision: "deny", reason })))).toEqual([true, true, true, false, false, true]);
  expect(isDenial(record({ decision: "error", reason: "policy.denied" }))).toBe(false);
});

test("an emergency is its opening and what was done under it, and 'other' is that word of a closed list", () => {
  const emergency = (over: Partial<RiskRecord>) => RULES.emergency(record(over), HOURS);
  expect([
    emergency({ action: "emergency.open" }),
    emergency({ detail: { emergency: "emg_1" } }),
    emergency({}),
    emergency({ action: "emergency.open", decision: "deny" }),
  ]).toEqual([true, true, false, false]);
  const other = (detail: Record<string, string>) => RULES.reason_other(record({ detail }), HOURS);
  expect([other({ purpose: "other" }), other({ cause: "other" }), other({ purpose: "safety" }), other({ field: "other" })]).toEqual([true, true, false, false]);
});

test("a record is one item with every risk that was asked for, an act of several chains is one at its site, and the same selection has the same digest", () => {
  const selection = { study: "*", site: "*", fromMs: 0, untilMs: 9e12, risks: ["reason_other", "emergency", "denied_burst"] as const, workFrom: 7, workUntil: 19 };
  const opened = { action: "emergency.open", requestId: "req_e", detail: { cause: "other" } };
  const records = [
    record({ ...opened, chain: "system", atMs: NOON }),
    record({ ...opened, chain: "site:S/1", atMs: NOON + 1 }),
    ...denials(5, 1000),
    record({ action: "lock.set", detail: { commitment: "c" } }),
  ];
  const items = itemsOf(records, selection);
  expect(items.map(({ item, chain, risks, burst }) => [item, chain, risks, burst])).toEqual([
    [1, "system", ["denied_burst"], 5],
    [2, "site:S/1", ["emergency", "reason_other"], 1],
  ]);
  const digest = selectionDigest(selection, items);
  expect(selectionDigest({ ...selection, risks: ["denied_burst", "emergency", "reason_other"] }, itemsOf(records.toReversed(), selection))).toBe(digest);
  expect(selectionDigest({ ...selection, workUntil: 20 }, items)).not.toBe(digest);
  expect(
    selectionDigest(
      selection,
      items.map((each) => (each.item === 2 ? { ...each, mac: "1".repeat(64) } : each)),
    ),
  ).not.toBe(digest);
});
