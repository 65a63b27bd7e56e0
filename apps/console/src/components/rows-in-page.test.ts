import fc from "fast-check";
import { expect, test } from "vitest";
import { partInSight } from "./rows-in-page.ts";
import { endFault, isoOf, localOf } from "./local-time.ts";

test("of a long list only what is near the screen is drawn, and the room of all the others is kept", () => {
  const heights = fc.array(fc.option(fc.integer({ min: 20, max: 200 }), { nil: undefined }), { maxLength: 500 });
  fc.assert(
    fc.property(heights, fc.integer({ min: 0, max: 600 }), fc.integer({ min: -2000, max: 60_000 }), (known, rows, top) => {
      const { first, end, above, below } = partInSight(known, rows, top, 900);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(900 / 20) + 1 + 24);
      expect(first <= end && end <= rows).toBe(true);
      const counted = known.filter((height) => height !== undefined);
      const guess = counted.length === 0 ? 56 : counted.reduce((sum, height) => sum + height, 0) / counted.length;
      const total = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, at) => known[from + at] ?? guess).reduce((sum, height) => sum + height, 0);
      expect(above).toBeCloseTo(total(0, first), 3);
      expect(below).toBeCloseTo(total(end, rows), 3);
      // What is on the screen is drawn: nothing of it lies in the room that is only kept.
      if (rows > 0 && top >= 0 && top < total(0, rows)) {
        expect(above).toBeLessThanOrEqual(top);
        expect(above + total(first, end) >= Math.min(total(0, rows), top + 900) - 0.001).toBe(true);
      }
    }),
  );
});

test("a time that is typed here is the same moment as an ISO time, and what is no time is none", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("2020-01-01T00:00:00Z"), max: new Date("2090-01-01T00:00:00Z"), noInvalidDate: true }), (at) => {
      const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
      const back = isoOf(localOf(minute));
      // An hour that comes twice in the autumn is one of its two.
      expect(Math.abs(Date.parse(back ?? "") - minute.getTime()) % 3_600_000).toBe(0);
      expect(localOf(new Date(back ?? ""))).toBe(localOf(minute));
    }),
  );
  for (const text of ["", "tomorrow", "2026-13-01T00:00", "2026-01-01"]) expect(isoOf(text)).toBeNull();
});

test("an end is later than its beginning, no later than it may be, and needed only where it is", () => {
  const [after, by] = [new Date("2026-03-01T12:00:00Z"), new Date("2026-03-03T12:00:00Z")];
  expect([endFault("", { after }), endFault("", { after, isNeeded: true })]).toEqual([null, "Say until when."]);
  expect(endFault("soon", { after })).toBe("Enter a date and a time.");
  expect(endFault(localOf(after), { after })).toBe("It has to be later.");
  expect(endFault(localOf(new Date("2026-03-05T12:00:00Z")), { after, by })).toBe("It has to be earlier.");
  expect(endFault(localOf(new Date("2026-03-02T12:00:00Z")), { after, by, isNeeded: true })).toBeNull();
});
