import { expect, test } from "vitest";
import { DigestSet } from "./digest-set.ts";

test("a text or a number is new once, through any growth", () => {
  const set = new DigestSet();
  const numbers = new DigestSet();
  for (let at = 0; at < 30_000; at += 1) {
    expect(set.add(`row ${at}`)).toBe(true);
    expect(numbers.addNumber(at * 2 ** 30 - 2 ** 43)).toBe(true);
  }
  for (let at = 0; at < 30_000; at += 1) {
    expect(set.add(`row ${at}`)).toBe(false);
    expect(numbers.addNumber(at * 2 ** 30 - 2 ** 43)).toBe(false);
  }
});

test("numbers at the ends of what is exact are told apart", () => {
  const numbers = new DigestSet();
  const all = [0, -1, 1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1];
  expect(all.map((number) => numbers.addNumber(number))).toEqual(all.map(() => true));
  expect(numbers.addNumber(-0)).toBe(false);
});

test("time grows as the numbers do, however they are chosen", () => {
  const numbers = new DigestSet();
  const start = performance.now();
  for (let at = 1; at <= 200_000; at += 1) numbers.addNumber(at * 2 ** 32);
  expect(performance.now() - start).toBeLessThan(5_000);
});
