import { describe, expect, test } from "vitest";
import { assertFails, faultTest } from "./fault-test.ts";

describe("faultTest", () => {
  faultTest("Z1", "a defence that is on holds", (defence) => Promise.resolve(expect(defence).toBe("on")));

  test("a row's id is a letter and a number", () => {
    expect(() => faultTest("T3a", "title", () => Promise.resolve())).toThrow(RangeError);
  });
});

describe("assertFails", () => {
  test("a run that fails on an assertion is taken", async () => {
    await assertFails(async () => expect(await Promise.resolve(1)).toBe(2));
  });

  test("a run that passes without its defence is reported", async () => {
    await expect(assertFails(() => Promise.resolve())).rejects.toThrow("shows nothing");
  });

  test("a failure of the set-up is not taken for a failing defence", async () => {
    await expect(assertFails(() => Promise.reject(new TypeError("set-up")))).rejects.toThrow(TypeError);
  });
});
