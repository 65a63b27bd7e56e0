import { faultTest } from "@sallyport/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvCell } from "./csv-cell.ts";

/** Reads one quoted cell as RFC 4180 does. */
const read = (cell: string): string => cell.slice(1, -1).replaceAll('""', '"');

/** Whether some programme could take a part of this for a formula: at the beginning, or behind what it may take for a separator. */
const isFormula = (text: string): boolean =>
  text !== "-" && (/^[\t\r\n\0]/.test(text) || text.split(/[,;|\t\r\n]/).some((part) => /^[\s"']*[=+\-@＝＋－＠]/u.test(part) && !/^[\s"]*'/u.test(part)));

const CELLS = [
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://x","y")',
  "+1+1",
  "-2+3",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  "  =1",
  "＝1",
  "＋1",
  "－1",
  "＠x",
  "a,=1",
  "a;=1",
  "a|@x",
  "a\t=1",
  "a\r\n=1",
  'a"=1',
  'a",=1',
  "a;  ＝1",
];

/** Whether some part of this is a formula to somebody who cuts it there. */
const isDangerous = (text: string): boolean => isFormula(text) || /[,;|"\t\r\n]\s*[=+\-@＝＋－＠]/u.test(text);

faultTest("P18", "no cell of an export is a formula in any reader, in full width neither, nor behind what may pass for a separator", (defence) => {
  const write = defence === "on" ? csvCell : (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  expect(CELLS.filter((cell) => isDangerous(read(write(cell))))).toEqual([]);
  return Promise.resolve();
});

test("each of these cells would be a formula to somebody as it stands", () => {
  expect(CELLS.filter((cell) => !isDangerous(cell))).toEqual([]);
});

test("whatever stands in a cell, it stays one cell, holds no formula, and gives back what stood there without its apostrophes", () => {
  const characters = fc.constantFrom("a", "=", "+", "-", "@", "＝", "'", '"', ",", ";", "\t", "\r", "\n", " ", "|");
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      const written = csvCell(text);
      expect(written).toMatch(/^"(?:[^"]|"")*"$/);
      expect(isFormula(read(written))).toBe(false);
      expect(read(written).replaceAll("'", "")).toBe(text.replaceAll("'", ""));
    }),
    { numRuns: 5000 },
  );
});

test("what is no formula is left as it is", () => {
  for (const text of ["-", "site:PILOT/701", "rule=a:b;field=DM.SUBJID", "2026-11-22T06:00:00.000Z", "7"]) expect(read(csvCell(text))).toBe(text);
});
