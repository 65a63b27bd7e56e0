import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

const json = fc.jsonValue({ stringUnit: "grapheme" });
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
};

test("a canonical form parses to the value that it was made of", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("canonical bytes are their own canonical form", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});

test("the order of members makes no difference", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
    }),
  );
});

test("two strings that differ have two canonical forms, or none", () => {
  const form = (text: string): string | null => {
    try {
      return Buffer.from(canonicalJson(text), "utf8").toString("hex");
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(form(a) !== null && form(a) === form(b)).toBe(a === b && form(a) !== null);
    }),
  );
});
