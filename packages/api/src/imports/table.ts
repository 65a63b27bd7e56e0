import type { ImportFault } from "@sallyport/contracts";
import type { z } from "zod";
import { readCsv } from "./csv.ts";

export type Fault = z.output<typeof ImportFault>;
export type Problem = Fault["problem"];

/** A column of an import, and the form of its cells; an optional one may be left out, or empty. */
export interface Column {
  readonly name: string;
  readonly form: z.ZodType<string>;
  readonly isOptional?: true;
}

/** A line whose cells have their columns' forms. */
export interface Entry {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

const LINES_MAX = 2000;
const FAULTS_MAX = 500;
/** What a spreadsheet takes for a formula (OWASP, CSV Injection). No name, id or time begins so, and what was stored could be exported. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/u;

/** The lines of a file as entries, or what is wrong with them, by line and column. */
export function readTable(text: string, columns: readonly Column[]): { readonly entries: readonly Entry[]; readonly faults: readonly Fault[] } {
  const lines = readCsv(text);
  if ("problem" in lines) return { entries: [], faults: [{ ...lines, column: null }] };
  const [header, ...body] = lines;
  if (body.length > LINES_MAX) return { entries: [], faults: [{ line: LINES_MAX + 2, column: null, problem: "too_long" }] };
  const names = header?.cells ?? [];
  const wrong = headerFaults(names, columns);
  if (wrong.length > 0) return { entries: [], faults: wrong };
  const faults: Fault[] = [];
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (const { line, cells } of body) {
    const found = cells.length === names.length ? cellFaults(line, names, cells, columns) : [{ line, column: null, problem: "cells" as const }];
    const spelling = JSON.stringify(cells);
    if (found.length === 0 && seen.has(spelling)) found.push({ line, column: null, problem: "line_twice" });
    seen.add(spelling);
    faults.push(...found);
    if (found.length === 0) entries.push({ line, cells: Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ""])) });
  }
  if (body.length === 0) faults.push({ line: 1, column: null, problem: "cells" });
  return { entries, faults: faults.slice(0, FAULTS_MAX) };
}

function headerFaults(names: readonly string[], columns: readonly Column[]): Fault[] {
  const fault = (column: string, problem: Problem): Fault => ({ line: 1, column, problem });
  return [
    ...columns.filter(({ name, isOptional }) => isOptional !== true && !names.includes(name)).map(({ name }) => fault(name, "column_missing")),
    // What it is called isn't repeated: it is somebody's text.
    ...names.flatMap((name, at) => (columns.some((column) => column.name === name) ? [] : [fault(`#${at + 1}`, "column_unknown")])),
    ...columns.filter(({ name }) => names.indexOf(name) !== names.lastIndexOf(name)).map(({ name }) => fault(name, "column_twice")),
  ];
}

function cellFaults(line: number, names: readonly string[], cells: readonly string[], columns: readonly Column[]): Fault[] {
  return columns.flatMap(({ name, form, isOptional }): Fault[] => {
    const cell = cells[names.indexOf(name)];
    if (cell === undefined || (cell === "" && isOptional === true)) return [];
    if (FORMULA.test(cell)) return [{ line, column: name, problem: "formula" }];
    return form.safeParse(cell).success ? [] : [{ line, column: name, problem: "form" }];
  });
}
