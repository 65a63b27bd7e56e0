import { expect, test } from "vitest";
import { figureOf, lineOf } from "./figure.ts";
import { interleave } from "./interleave.ts";

const named = { name: "append", against: "a baseline", goal: 3 };

test("a figure is the median of each round's own ratio, with the least and the most", () => {
  expect(figureOf(named, [10, 80, 30], [10, 20, 10])).toEqual({ ...named, ratio: 3, min: 1, max: 4, runs: 3 });
  expect(figureOf(named, [10, 20], [10, 10]).ratio).toBe(1.5);
});

test("a figure below its goal says so, one that meets it too, and one without a goal neither", () => {
  expect(lineOf(figureOf(named, [29], [10]))).toContain("BELOW");
  expect(lineOf(figureOf(named, [30], [10]))).toContain("met");
  expect(lineOf(figureOf({ ...named, goal: null }, [1], [10]))).not.toMatch(/goal|BELOW|met/);
});

test("a ratio without both sides of every round is refused", () => {
  expect(() => figureOf(named, [1, 2], [1])).toThrow(RangeError);
  expect(() => figureOf(named, [], [])).toThrow(RangeError);
});

test("every variant runs once in each round, and the first place goes round", async () => {
  const order: string[] = [];
  const variant = (name: string, perSecond: number) => () => {
    order.push(name);
    return Promise.resolve(perSecond);
  };
  expect(await interleave(3, { a: variant("a", 1), b: variant("b", 2), c: variant("c", 3) })).toEqual({ a: [1, 1, 1], b: [2, 2, 2], c: [3, 3, 3] });
  expect(order.join("")).toBe("abcbcacab");
});
