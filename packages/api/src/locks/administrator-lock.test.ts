import type { LockRow } from "@sallyport/policy";
import { expect, test } from "vitest";
import { administratorsEnd, assertUnlocked } from "./administrator-lock.ts";

const DAY = 24 * 3_600_000;
const NOW = 1000 * DAY;
const row = (over: Partial<LockRow> = {}): LockRow => ({
  id: "lck_1",
  kind: "person",
  target: "per_b",
  setBy: "per_a",
  setAtMs: NOW - 2 * DAY,
  untilMs: NOW - DAY,
  reason: "chg_1",
  lifted: null,
  ...over,
});
const end = (wanted: number | null, earlier: readonly LockRow[] = [], setBy = "per_a") => administratorsEnd(wanted, { setBy, nowMs: NOW, earlier });

test("a lock on an administrator ends after a day, or sooner where that was asked for", () => {
  expect(end(null)).toBe(NOW + DAY);
  expect(end(NOW + 5 * DAY)).toBe(NOW + DAY);
  expect(end(NOW + 1000)).toBe(NOW + 1000);
});

test("one person doesn't stop the same administrator again within seven days of the last lock's end; another may", () => {
  const again = expect.objectContaining({ code: "lock.repeated" });
  expect(() => end(null, [row()])).toThrow(again);
  expect(() => end(null, [row({ untilMs: NOW - 7 * DAY + 1 })])).toThrow(again);
  expect(() => end(null, [row({ lifted: { by: "per_c", atMs: NOW - 1 } })])).toThrow(again);
  expect(end(null, [row({ untilMs: NOW - 7 * DAY })])).toBe(NOW + DAY);
  expect(end(null, [row({ setBy: "per_c" })])).toBe(NOW + DAY);
});

test("what is stopped isn't stopped a second time, and what was may be again", () => {
  const refused = expect.objectContaining({ code: "lock.state" });
  expect(() => assertUnlocked([row({ untilMs: null })], NOW)).toThrow(refused);
  expect(() => assertUnlocked([row({ untilMs: NOW + 1 })], NOW)).toThrow(refused);
  expect(() => assertUnlocked([row(), row({ untilMs: null, lifted: { by: "per_a", atMs: NOW } })], NOW)).not.toThrow();
});
