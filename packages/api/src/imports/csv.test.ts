import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "./csv.ts";

const cells = (text: string): unknown => {
  const read = readCsv(text);
  return "problem" in read ? read : read.map(({ line, cells: each }) => [line, ...each]);
};

test("cells are told apart by commas and lines by either line break, and nothing is trimmed", () => {
  expect(cells("a,b\n1, 2 \r\n,\n")).toEqual([
    [1, "a", "b"],
    [2, "1", " 2 "],
    [3, "", ""],
  ]);
  expect(cells("\uFEFFa\n\n\nb")).toEqual([
    [1, "a"],
    [4, "b"],
  ]);
  expect(cells("")).toEqual([]);
});

test("a quoted cell holds commas, quotes and line breaks, and lines are counted through it", () => {
  expect(cells('a,"b, ""c""\nd"\ne,""')).toEqual([
    [1, "a", 'b, "c"\nd'],
    [3, "e", ""],
  ]);
});

test("a quote that opens nothing, closes nothing, or is followed by something is a fault at its line", () => {
  expect(cells('a\nb"c')).toEqual({ line: 2, problem: "quote" });
  expect(cells('a\n"b')).toEqual({ line: 2, problem: "quote" });
  expect(cells('a\n"b" ,c')).toEqual({ line: 2, problem: "quote" });
});

test("whatever is written in quotes is read back as it was", () => {
  const row = fc.array(fc.string({ unit: fc.constantFrom("a", "é", ",", '"', "\n", "\r", " ", "=", "\t") }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const text = rows.map((each) => each.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n");
      const read = readCsv(text);
      expect("problem" in read ? read : read.map(({ cells: each }) => each)).toEqual(rows);
    }),
  );
});

test("no text makes it throw, and what isn't read is a fault", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r") }), (text) => {
      const read = readCsv(text);
      expect("problem" in read || Array.isArray(read)).toBe(true);
    }),
  );
});
