import fc from "fast-check";
import { expect, test } from "vitest";
import { drawnPages, pageAt, ratioOf, scaleOf, topsOf, zoomFrom } from "./page-layout.ts";

const A4 = { width: 595, height: 842 };

test("a page is as wide as the frame, or as large as the zoom says", () => {
  expect(scaleOf(A4, null, 595, 2)).toBe(1);
  expect(scaleOf(A4, 1, 300, 2)).toBeCloseTo(4 / 3);
  expect(scaleOf(A4, 3, 300, 2)).toBeCloseTo(4);
});

test("no page and no list of pages grows higher than a browser lays out, and no page has more pixels than there is memory for", () => {
  const side = fc.double({ min: 0.01, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.record({ width: side, height: side }), fc.option(fc.constantFrom(0.25, 1, 3)), fc.integer({ min: 1, max: 5000 }), (size, zoom, pages) => {
      const scale = scaleOf(size, zoom, 900, pages);
      const box = { width: size.width * scale, height: size.height * scale };
      expect(Math.max(box.width, box.height)).toBeLessThanOrEqual(16_001);
      expect(topsOf(Array.from({ length: 3 }, () => box.height)).at(-1)).toBeLessThanOrEqual((16_000_000 / pages) * 3 + 50);
      const ratio = ratioOf(box, 3);
      expect(ratio).toBeLessThanOrEqual(2);
      expect(box.width * ratio * box.height * ratio).toBeLessThanOrEqual(8_388_609);
    }),
  );
});

test("of two thousand pages those in sight are drawn, and one to each side; never more than eight", () => {
  const tops = topsOf(Array.from({ length: 2000 }, () => 1000));
  expect(drawnPages(tops, 0, 800)).toEqual([0, 1]);
  const thousandth = tops[999] ?? 0;
  expect([pageAt(tops, thousandth), pageAt(tops, thousandth - 13), drawnPages(tops, thousandth, 800)]).toEqual([999, 998, [998, 1000]]);
  expect(drawnPages(tops, tops.at(-1) ?? 0, 800)).toEqual([1998, 1999]);
  expect(drawnPages(topsOf(Array.from({ length: 2000 }, () => 1)), 5000, 800)).toEqual([383, 390]);
  expect(drawnPages(topsOf([500]), 0, 800)).toEqual([0, 0]);
});

test("the zoom goes by steps, from wherever it is, and stops at both ends", () => {
  expect([zoomFrom(0.62, "in"), zoomFrom(0.62, "out"), zoomFrom(1, "in"), zoomFrom(1, "out")]).toEqual([0.75, 0.5, 1.25, 0.75]);
  expect([zoomFrom(3, "in"), zoomFrom(0.25, "out"), zoomFrom(4, "in"), zoomFrom(0.1, "out")]).toEqual([3, 0.25, 4, 0.1]);
});
