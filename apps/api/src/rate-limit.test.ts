import { fixedClock } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("a caller gets its burst, then its rate, and takes nothing from another", () => {
  const clock = fixedClock();
  const limit = new RateLimit({ perSecond: 2, burst: 3 }, clock.now);
  expect([1, 2, 3, 4].map(() => limit.take("a"))).toEqual([true, true, true, false]);
  expect(limit.take("b")).toBe(true);
  clock.advance(500);
  expect([limit.take("a"), limit.take("a")]).toEqual([true, false]);
});

test("ten thousand strangers don't free a caller of its limit", () => {
  const limit = new RateLimit({ perSecond: 0, burst: 1 }, fixedClock().now);
  for (let stranger = 0; stranger < 9_000; stranger += 1) limit.take(`stranger ${stranger}`);
  limit.take("caller");
  for (let stranger = 9_000; stranger < 15_000; stranger += 1) limit.take(`stranger ${stranger}`);
  expect(limit.take("caller")).toBe(false);
});
