import type { OutputOf } from "../api/procedures.ts";

/** `naming`: an excerpt of what the deployment has on record about one site. */
export type ExportFormat = "csv" | "jsonl" | "excerpt" | "naming";
export type ExportEvent = OutputOf<"crossings.export">;

/** How much text waits before it becomes a part of the file. */
const PART_CHARACTERS = 256 * 1024;

/**
 * A file that grows part by part. What a script holds is at most one part: finished ones are the browser's, which keeps large ones on
 * disk. Nothing is written to a place that outlives the page.
 */
export class ExportFile {
  readonly #type: string;
  #file: Blob;
  #lines: string[] = [];
  #waiting = 0;
  #isWhole = false;

  constructor(format: ExportFormat) {
    this.#type = format === "csv" ? "text/csv;charset=utf-8" : "application/jsonl";
    this.#file = new Blob([], { type: this.#type });
  }

  /** How many characters a script holds now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes lines without their line ends. */
  add({ lines, isLast }: Pick<ExportEvent, "lines" | "isLast">): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#waiting += line.length + 1;
      if (this.#waiting >= PART_CHARACTERS) this.#flush();
    }
    this.#isWhole ||= isLast;
  }

  /** The file, or null where the last word never came: a part of an export must not pass for the whole. */
  finish(): Blob | null {
    this.#flush();
    return this.#isWhole ? this.#file : null;
  }

  #flush(): void {
    if (this.#waiting === 0) return;
    this.#file = new Blob([this.#file, `${this.#lines.join("\n")}\n`], { type: this.#type });
    this.#lines = [];
    this.#waiting = 0;
  }
}

/** `crossings-20261122T120000Z.csv`: a name that says when, and nothing of the filter. */
export const exportName = (format: ExportFormat, nowMs: number): string =>
  `crossings-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "")}.${format === "excerpt" || format === "naming" ? "excerpt.jsonl" : format}`;
