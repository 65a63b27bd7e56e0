import fc from "fast-check";
import { expect, test } from "vitest";
import { plainJson, plainText } from "./plain-text.ts";

const hostile = fc.constantFrom("\u001b[2J", "\u009b", "\r", "\u202e", "\u2066", "\ufeff", "\u2028", "\u007f", "\u0000");
const text = fc.array(fc.oneof(fc.string({ unit: "binary" }), hostile)).map((parts) => parts.join(""));
const RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
];
const hostileIn = (shown: string): string[] =>
  Array.from(shown).filter((character) => RANGES.some(([from, to]) => from <= (character.codePointAt(0) ?? 0) && (character.codePointAt(0) ?? 0) <= to));

test("a text that is shown holds nothing that a terminal acts on", () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(hostileIn(plainText(value))).toEqual([]);
    }),
  );
});

test("JSON that is shown holds nothing that a terminal acts on but its own line breaks, and is the same document", () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))), fc.constantFrom(0, 2), (value, spaces) => {
      const json = plainJson(value, spaces);
      expect(hostileIn(json.replaceAll("\n", ""))).toEqual([]);
      expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(JSON.parse(JSON.stringify(value))));
    }),
  );
});
