import { z } from "zod";
import { expect, test } from "vitest";
import { readTable } from "./table.ts";

const COLUMNS = [
  { name: "who", form: z.string().regex(/^[a-z]+$/) },
  { name: "title", form: z.string().min(2) },
  { name: "until", form: z.iso.datetime(), isOptional: true },
] as const;
const faults = (text: string) => readTable(text, COLUMNS).faults.map(({ line, column, problem }) => `${line} ${column ?? "-"} ${problem}`);

test("lines become entries by their header's columns, in whatever order, and an optional one may be missing or empty", () => {
  expect(readTable("title,who\nOne,ada\nTwo,ben\n", COLUMNS)).toEqual({
    entries: [
      { line: 2, cells: { title: "One", who: "ada" } },
      { line: 3, cells: { title: "Two", who: "ben" } },
    ],
    faults: [],
  });
  expect(faults("who,title,until\nada,One,\nben,Two,2026-01-01T00:00:00Z\n")).toEqual([]);
});

test("every fault is told by its line and column, and none by what stood there", () => {
  expect(faults("who,title,colour,who\n")).toEqual(["1 #3 column_unknown", "1 who column_twice"]);
  expect(faults("title\nOne\n")).toEqual(["1 who column_missing"]);
  expect(faults("who,title\nADA,One\nben\ncyd,T\nada,One\nada,One\n")).toEqual(["2 who form", "3 - cells", "4 title form", "6 - line_twice"]);
  expect(faults('who,title\nada,"One\n')).toEqual(["2 - quote"]);
  expect(faults("who,title\n")).toEqual(["1 - cells"]);
  expect(faults(`who,title\n${Array.from({ length: 2001 }, (_, at) => `a,T${at}`).join("\n")}`)).toEqual(["2002 - too_long"]);
});

test("what a spreadsheet would take for a formula is refused, also behind spaces and in full width", () => {
  for (const cell of ["=1+1", "+1", "-1", "@x", " =1", "＝1", "\t1"]) expect([cell, faults(`who,title\nada,"${cell}"\n`)]).toEqual([cell, ["2 title formula"]]);
  expect(faults("who,title\nada,A-B = c\n")).toEqual([]);
});
