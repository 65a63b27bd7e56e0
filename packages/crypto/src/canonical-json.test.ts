import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

describe("canonicalJson", () => {
  const refused: readonly (readonly [string, unknown])[] = [
    ["undefined", undefined],
    ["an undefined member", { a: undefined }],
    ["a hole in an array", Array.from({ length: 2 }).concat([1])],
    ["a function", () => 1],
    ["a symbol", Symbol("a")],
    ["a symbol member", { [Symbol("a")]: 1 }],
    ["a bigint", 1n],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["a lone high surrogate", "a\ud800b"],
    ["a lone low surrogate", "\udc00"],
    ["a lone surrogate in a name", { "\ud800": 1 }],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["an object with toJSON", { toJSON: () => 1 }],
    ["an array with toJSON", Object.assign([1], { toJSON: () => 1 })],
    ["a cycle", cyclic],
  ];
  test.each(refused)("%s is refused", (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  test("members are ordered by UTF-16 code units, at every depth", () => {
    expect(canonicalJson({ "\ue000": 1, "\u{10000}": 2, b: { z: 1, a: 2 }, a: [] })).toBe('{"a":[],"b":{"a":2,"z":1},"\u{10000}":2,"\ue000":1}');
  });

  test("negative zero is zero", () => {
    expect(canonicalJson(-0)).toBe("0");
  });

  test("a member named __proto__ is a member", () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });
});
