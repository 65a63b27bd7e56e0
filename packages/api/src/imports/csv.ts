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

const QUOTE = '"';

/**
 * Reads a CSV file (RFC 4180 §2): cells by commas, lines by LF or CR LF, quoted cells with doubled quotes, in which commas and line breaks
 * are text. A byte order mark at the beginning, and lines without any cell, are left out. Nothing is trimmed and nothing is guessed: what
 * follows a closing quote, and a quote inside an unquoted cell, are faults.
 */
export function readCsv(text: string): readonly CsvLine[] | CsvFault {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const lines: CsvLine[] = [];
  let cells: string[] = [];
  let line = 1;
  let begunAt = 1;
  let at = 0;
  const endLine = (): void => {
    if (cells.length > 1 || cells[0] !== "") lines.push({ line: begunAt, cells });
    cells = [];
    line += 1;
    begunAt = line;
  };
  for (;;) {
    let cell: string;
    if (source[at] === QUOTE) {
      const read = quoted(source, at);
      if (read === null) return { line: begunAt, problem: "quote" };
      ({ cell, at } = read);
      line += cell.split("\n").length - 1;
    } else {
      const end = endOfPlain(source, at);
      cell = source.slice(at, end);
      if (cell.includes(QUOTE)) return { line, problem: "quote" };
      at = end;
    }
    cells.push(cell);
    if (at >= source.length) {
      endLine();
      return lines;
    }
    if (source[at] === ",") at += 1;
    else if (source.startsWith("\r\n", at)) {
      endLine();
      at += 2;
    } else if (source[at] === "\n") {
      endLine();
      at += 1;
    } else return { line, problem: "quote" };
  }
}

/** A quoted cell from its opening quote on, and where it is over; null where it never closes. */
function quoted(source: string, from: number): { readonly cell: string; readonly at: number } | null {
  let cell = "";
  let at = from + 1;
  for (;;) {
    const next = source.indexOf(QUOTE, at);
    if (next < 0) return null;
    cell += source.slice(at, next);
    if (source[next + 1] !== QUOTE) return { cell, at: next + 1 };
    cell += QUOTE;
    at = next + 2;
  }
}

/** Where an unquoted cell is over. A lone carriage return is part of it, and no form takes it. */
function endOfPlain(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== "," && source[at] !== "\n" && !source.startsWith("\r\n", at)) at += 1;
  return at;
}
