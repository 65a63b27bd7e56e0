import { CsvError, parse } from "csv-parse/sync";

/** One line of a CSV file that holds cells; `line` counts from 1, the header being the first. */
export interface CsvLine {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Where a file isn't CSV: a quote that opens nothing or closes nothing. */
export interface CsvFault {
  readonly line: number;
  readonly problem: "quote";
}

/** RFC 4180 §2 and nothing more; how many cells a line has is for its columns to judge. */
const FORM = { bom: true, record_delimiter: ["\r\n", "\n"], relax_column_count: true, skip_empty_lines: true, info: true };

/**
 * Reads a CSV file: cells by commas, lines by LF or CR LF, quoted cells with doubled quotes, in which commas and line breaks are text. A
 * byte order mark at the beginning, and lines without any cell, are left out. Nothing is trimmed and nothing is guessed: what follows a
 * closing quote, and a quote inside an unquoted cell, are faults.
 */
export function readCsv(text: string): readonly CsvLine[] | CsvFault {
  try {
    // With `info`, each record comes with the line at which it ends.
    const read = parse(text, FORM) as unknown as readonly { readonly info: { readonly lines: number }; readonly record: readonly string[] }[];
    return read.map(({ info, record }) => ({ line: info.lines - breaksIn(record), cells: record }));
  } catch (error) {
    if (error instanceof CsvError) return { line: Number(error["lines"]), problem: "quote" };
    throw error;
  }
}

const breaksIn = (cells: readonly string[]): number => cells.join("").match(/\r\n|\r|\n/g)?.length ?? 0;
