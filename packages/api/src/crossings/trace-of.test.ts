import { catalog, type ErrorCode } from "@sallyport/errors";
import { expect, test } from "vitest";
import { detailOf, type TracedRecord, traceOf } from "./trace-of.ts";

const record = (over: Partial<TracedRecord> = {}): TracedRecord => ({
  decision: "allow",
  reason: "allowed",
  role: "auditor",
  action: "trail.read",
  policy: "v1:00",
  detail: { rule: "r" },
  ...over,
});
const lampsOf = (...records: readonly TracedRecord[]): string => (traceOf(records)?.lamps ?? []).map(({ state }) => state).join(" ");

const CODES = Object.keys(catalog) as ErrorCode[];
/** The lamps in the order workload, principal, policy, phi, trail, before a decision was reached. */
const BEFORE: Readonly<Record<string, string>> = {
  workload: "shut dark dark dark open",
  principal: "open shut dark dark open",
  policy: "open open shut dark open",
  phi: "open open dark shut open",
  trail: "open open dark dark shut",
  input: "open open dark dark open",
  service: "open open dark dark open",
};
/** The same, once a rule had allowed it. */
const AFTER: Readonly<Record<string, string>> = {
  workload: "shut dark open dark open",
  principal: "open shut open dark open",
  policy: "open open shut dark open",
  phi: "open open open shut open",
  trail: "open open open dark shut",
  input: "open open open dark open",
  service: "open open open dark open",
};

test.each(CODES)("%s: the lamp of its pillar is shut, and the others say how far the request came", (code) => {
  const { pillar, outcome, remedy, message } = catalog[code];
  const decision = outcome === "failed" ? "error" : "deny";
  expect(lampsOf(record({ decision, reason: code, role: "-", detail: {} }))).toBe(BEFORE[pillar]);
  expect(lampsOf(record({ decision, reason: code }))).toBe(AFTER[pillar]);
  const trace = traceOf([record({ decision, reason: code })]);
  expect(trace?.remedy).toBe(remedy);
  expect(trace?.lamps.some(({ text }) => text.startsWith(message))).toBe(true);
});

test("a crossing that was let through has all five lamps open, with its rule and policy", () => {
  expect(lampsOf(record({ action: "phi.read" }))).toBe("open open open open open");
  expect(traceOf([record()])).toMatchObject({ rule: "r", policy: "v1:00", remedy: null });
});

test("the policy's own word stands at the lamp that is shut", () => {
  const lamps = traceOf([record({ decision: "deny", reason: "policy.denied:other_site", role: "-" })])?.lamps;
  expect(lamps?.[2]).toEqual({ pillar: "policy", state: "shut", text: "No rule allows this. (other_site)" });
});

test("a watch that was opened and then cut shows what cut it, and the rule that had opened it", () => {
  const trace = traceOf([record({ reason: "opened" }), record({ decision: "deny", reason: "session.ended", detail: { events: "3" } })]);
  expect(trace?.lamps.map(({ state }) => state)).toEqual(["open", "shut", "open", "dark", "open"]);
  expect(trace?.rule).toBe("r");
  expect(lampsOf(record({ reason: "opened" }), record({ decision: "note", reason: "closed" }))).toBe("open open open open open");
});

test("what the system notes by itself crossed nothing", () => {
  expect(lampsOf(record({ decision: "note", reason: "idle", role: "-" }))).toBe("dark dark dark dark open");
});

test("a request without a record has no trace", () => {
  expect(traceOf([])).toBeNull();
});

test("a reason that is no code of the catalogue says nothing of any pillar but that it is on record", () => {
  expect(lampsOf(record({ decision: "deny", reason: "planted" }))).toBe("dark dark dark dark open");
});

test("a detail is taken apart at its first equals signs, and what has none is a note", () => {
  expect(detailOf("rule=a:b;commitment=aa==;free text")).toEqual({ rule: "a:b", commitment: "aa==", note: "free text" });
  expect(detailOf("-")).toEqual({});
});
