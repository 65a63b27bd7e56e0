import { expect, test } from "vitest";
import { idlePhase } from "./idle-clock.ts";

const FAR = 100_000_000;

test("the warning comes a minute before logoff and counts down to it", () => {
  expect(idlePhase(0, 900_000, FAR, 900)).toEqual({ phase: "active" });
  expect(idlePhase(839_999, 900_000, FAR, 900)).toEqual({ phase: "active" });
  expect(idlePhase(840_000, 900_000, FAR, 900)).toEqual({ phase: "warning", secondsLeft: 60 });
  expect(idlePhase(899_500, 900_000, FAR, 900)).toEqual({ phase: "warning", secondsLeft: 1 });
  expect(idlePhase(900_000, 900_000, FAR, 900)).toEqual({ phase: "over", why: "idle" });
});

test("a laptop that slept past the end is logged off when it wakes", () => {
  expect(idlePhase(5_000_000, 900_000, FAR, 900)).toEqual({ phase: "over", why: "idle" });
});

test("the absolute end holds whatever was done", () => {
  expect(idlePhase(FAR, FAR + 900_000, FAR, 900)).toEqual({ phase: "over", why: "expired" });
});

test("where idling is short, the warning comes half way to it", () => {
  expect(idlePhase(29_000, 60_000, FAR, 60)).toEqual({ phase: "active" });
  expect(idlePhase(30_000, 60_000, FAR, 60)).toEqual({ phase: "warning", secondsLeft: 30 });
});
