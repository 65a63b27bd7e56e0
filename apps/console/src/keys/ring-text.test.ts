import { expect, test } from "vitest";
import { blockerText, dueText, isRewrapping, rewrapShare, type Ring, spansOf, timelineOf } from "./ring-text.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);
const at = (days: number): string => new Date(NOW_MS + days * DAY_MS).toISOString();
const key = (keyId: string, state: Ring["keys"][number]["state"], from: number, until: number | null = null): Ring["keys"][number] => ({
  keyId,
  state,
  from: at(from),
  until: until === null ? null : at(until),
  dataKeys: null,
  lacking: [],
  holders: [],
  tokens: null,
  vkey: null,
  fingerprint: null,
});
const drawn = (keys: Ring["keys"], due: number | null): string[] =>
  spansOf({ keys, dueAt: due === null ? null : at(due) }, NOW_MS, NOW_MS + 10 * DAY_MS).map(
    ({ keyId, look, fromMs, untilMs }) => `${keyId} ${look} ${(fromMs - NOW_MS) / DAY_MS}..${(untilMs - NOW_MS) / DAY_MS}`,
  );

test("a key in use is drawn to the day when it is to be replaced, and from there on as overdue", () => {
  expect(drawn([key("k-1", "active", -5)], 4)).toEqual(["k-1 active -5..4"]);
  expect(drawn([key("k-1", "active", -5)], null)).toEqual(["k-1 active -5..10"]);
  expect(drawn([key("k-1", "active", -5)], -2)).toEqual(["k-1 active -5..-2", "k-1 overdue -2..0"]);
});

test("keys overlap as their windows do, and what is destroyed isn't drawn", () => {
  const keys = [key("k-1", "destroyed", -9), key("k-2", "retired", -8, -5), key("k-3", "retiring", -6, 1), key("k-4", "active", -1), key("k-5", "next", 0)];
  expect(drawn(keys, 9)).toEqual(["k-2 retired -8..-5", "k-3 retiring -6..1", "k-4 active -1..9", "k-5 next 0..10"]);
});

test("the timeline holds everything that it draws, and now", () => {
  const { fromMs, endMs } = timelineOf([{ keys: [key("k-1", "active", -20)], dueAt: at(70) }], NOW_MS);
  expect([(fromMs - NOW_MS) / DAY_MS, (endMs - NOW_MS) / DAY_MS]).toEqual([-20, 70]);
  const fresh = timelineOf([{ keys: [key("k-1", "active", 0)], dueAt: null }], NOW_MS);
  const years = timelineOf([{ keys: [key("ca-1", "active", 0)], dueAt: at(1825) }], NOW_MS);
  expect((years.endMs - NOW_MS) / DAY_MS).toBe(400);
  expect(fresh.fromMs < NOW_MS && fresh.endMs > NOW_MS).toBe(true);
});

test("data keys are being wrapped anew while any is under a key on its way out, whether the job is seen yet or not", () => {
  const under = (state: "retiring" | "retired", dataKeys: number | null): boolean => isRewrapping([{ ring: "kek", keys: [{ ...key("kek-1", state, -1), dataKeys }] }]);
  expect([under("retiring", 7), under("retiring", null), under("retiring", 0), under("retired", 0)]).toEqual([true, true, false, false]);
});

test("what waits and what is overdue is said in words, and a re-wrap is done when nothing is left", () => {
  expect(blockerText("kek", { kind: "unheld", until: null, count: 1 })).toBe("waits for 1 node to hold it");
  expect(blockerText("kek", { kind: "in_use", until: null, count: 1200 })).toBe("1,200 data keys are still under it");
  expect(blockerText("kek", { kind: "early", until: at(0), count: null })).toBe("not before 2026-06-01 00:00 UTC");
  expect(blockerText("ca", { kind: "unheld", until: null, count: 2 })).toBe("waits for 2 workloads to trust it");
  expect(blockerText("ca", { kind: "in_use", until: null, count: 1 })).toBe("1 workload has its certificate of it");
  expect([dueText({ due: [] }), dueText({ due: [{ kind: "use", keyId: "kek-1", since: null }] })]).toEqual([null, "overdue by use"]);
  expect([rewrapShare({ moved: 0, left: 0 }), rewrapShare({ moved: 1, left: 2 }), rewrapShare({ moved: 1, left: null })]).toEqual([100, 33, null]);
});
