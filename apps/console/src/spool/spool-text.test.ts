import { expect, test } from "vitest";
import { discardable, discardText, endText, type Spooled, waitingByService } from "./spool-text.ts";

const row = (at: number, more: Partial<Spooled> = {}): Spooled =>
  ({
    receipt: `spl_${at}`,
    principal: "svc_a",
    state: "waiting",
    takenAt: `2026-11-23T10:00:${String(at).padStart(2, "0")}.000Z`,
    bytes: 10,
    reason: null,
    removedAt: null,
    ...more,
  }) as Spooled;

test("what waits may be discarded, in the list's order, as much as one request takes", () => {
  expect(discardable([row(1), row(2), row(0, { state: "replayed" })]).map(({ receipt }) => receipt)).toEqual(["spl_1", "spl_2"]);
  const many = discardable(Array.from({ length: 250 }, (_, at) => row(at % 60)));
  expect([many.length, ...[many, many.slice(0, 3), many.slice(0, 1)].map(discardText)]).toEqual([200, "Discard the oldest 200", "Discard all 3", "Discard it"]);
});

test("what would be discarded is counted for each service", () => {
  expect(waitingByService([row(1), row(2, { principal: "svc_b" }), row(3)])).toEqual([
    { principal: "svc_a", count: 2, bytes: 20 },
    { principal: "svc_b", count: 1, bytes: 10 },
  ]);
});

test("of a discarded request it is said whether its content is removed, of a refused one why, of another nothing", () => {
  expect(endText(row(1, { state: "discarded" }))).toBe("Its node hasn't removed its content yet.");
  expect(endText(row(1, { state: "discarded", removedAt: "2026-11-23T10:01:00.000Z" }))).toBe("Its content is removed, unopened.");
  expect([endText(row(1, { state: "refused", reason: "expired" })), endText(row(1))]).toEqual(["It was over a day old.", null]);
  expect(endText(row(1, { state: "refused", reason: "packet.invalid" }))).toBe("The packet holds a file that isn't taken. Nothing was stored.");
});
