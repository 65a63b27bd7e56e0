import { expect, test } from "vitest";
import { seededBytes } from "./seeded-bytes.ts";

test("one seed gives one stream of bytes, however it is asked for", () => {
  const whole = seededBytes("a")(100);
  const source = seededBytes("a");
  expect(Buffer.concat([source(1), source(0), source(63), source(36)]).equals(whole)).toBe(true);
});

test("two seeds give two streams", () => {
  expect(seededBytes("a")(32).equals(seededBytes("b")(32))).toBe(false);
});

test("the bytes handed out are not those handed out next", () => {
  const source = seededBytes("a");
  expect(source(32).equals(source(32))).toBe(false);
});
