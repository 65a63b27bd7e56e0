import { expect, test } from "vitest";
import { fixedClock } from "./fixed-clock.ts";

test("a fixed clock moves only when it is told to", () => {
  const clock = fixedClock(1000);
  const { now } = clock;
  expect([now(), now()]).toEqual([1000, 1000]);
  clock.advance(-1);
  expect(now()).toBe(999);
  clock.set(5);
  expect(now()).toBe(5);
});
