import fc from "fast-check";
import { expect, test } from "vitest";
import { exactParts, PAGE_BYTES, textPage, textPages } from "./exact-text.ts";

const readBy = async (text: string): Promise<readonly string[]> => {
  const file = new Blob([text]);
  return await Promise.all(Array.from({ length: textPages(file.size) }, async (_, at) => await textPage(file, at)));
};

test("a long text is read whole, page by page, and no letter is cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), fc.constantFrom("x", "é", "語", "𝒳"), async (before, letter) => {
      const text = `${"a".repeat(before)}${letter.repeat(PAGE_BYTES)}`;
      const pages = await readBy(text);
      expect(pages.length).toBe(textPages(new Blob([text]).size));
      expect(pages.join("") === text).toBe(true);
    }),
    { numRuns: 24 },
  );
});

test("an empty text has a page, a byte order mark at the beginning is none of it, and one within is", async () => {
  expect(await readBy("")).toEqual([""]);
  expect(await readBy("\uFEFF<a/>")).toEqual(["<a/>"]);
  const [, second] = await readBy(`${"a".repeat(PAGE_BYTES)}\uFEFF<b/>`);
  expect(second).toBe("\uFEFF<b/>");
});

test.each([0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0xfeff, 0x061c, 0x00ad, 0x2028, 0x3164, 0x85, 0xe0041])(
  "character %i is shown by its number, and its neighbours as they are",
  (code) => {
    const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    expect(exactParts(`pay 10${String.fromCodePoint(code)}0 &amp;`)).toEqual([
      { text: "pay 10", isMark: false },
      { text: name, isMark: true },
      { text: "0 &amp;", isMark: false },
    ]);
  },
);

test("tabs, ends of lines and letters of any script are themselves, and what is written like a mark is none", () => {
  const plain = "<a>\t1\r\n\n\u00e9\u8a9e \u05d0\u05d1 U+202E</a>";
  expect(exactParts(plain)).toEqual([{ text: plain, isMark: false }]);
  expect(exactParts("a\rb")).toEqual([
    { text: "a", isMark: false },
    { text: "U+000D", isMark: true },
    { text: "b", isMark: false },
  ]);
});
