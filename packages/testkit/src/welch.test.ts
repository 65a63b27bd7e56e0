import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { seededBytes } from "./seeded-bytes.ts";
import { timePairs, WELCH_LIMIT, welchT } from "./welch.ts";

/** Values around a mean, by the sum of twelve even ones; the same for the same seed. */
function sample(seed: string, size: number, mean: number, deviation: number): readonly number[] {
  const bytes = seededBytes(seed)(size * 48);
  return Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let part = 0; part < 12; part++) sum += bytes.readUInt32LE(at * 48 + part * 4) / 2 ** 32;
    return mean + deviation * (sum - 6);
  });
}

describe("Welch's t", () => {
  test("is what the formula gives for a known pair of samples", () => {
    const first = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4];
    const second = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9];
    // The same formula, computed with Python's floats.
    expect(welchT({ first, second }, 1)).toBeCloseTo(-2.83526, 5);
  });

  test("stays within the limit for two samples of one distribution, and leaves it for a shift of a fifth of a deviation", () => {
    expect(Math.abs(welchT({ first: sample("a", 5000, 3, 1), second: sample("b", 5000, 3, 1) }))).toBeLessThan(WELCH_LIMIT);
    expect(Math.abs(welchT({ first: sample("a", 5000, 3, 1), second: sample("b", 5000, 3.2, 1) }))).toBeGreaterThan(WELCH_LIMIT);
  });

  test("refuses samples that say nothing", () => {
    expect(() => welchT({ first: [1], second: [1, 2] })).toThrow(RangeError);
  });
});

test("pairs are timed in both orders, and a millisecond shows", async () => {
  let turn = 0;
  const timings = await timePairs(
    60,
    () => Promise.resolve(),
    () => sleep(1.5),
    () => turn++ % 2 === 0,
  );
  expect(timings.first).toHaveLength(60);
  expect(welchT(timings)).toBeLessThan(-WELCH_LIMIT);
});
