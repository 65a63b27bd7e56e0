import { closeSync, fsyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { EventSink } from "./hand-on.ts";
import { writeCursor } from "./siem-cursor.ts";

const NEWLINE = 0x0a;

/** Whether a file ends within a line, as one does whose writer was ended in the middle of it. */
function endsInLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] !== NEWLINE;
}

/** Events at the end of a file of this user alone, one a line. A line that was left unfinished is ended first: its event comes again, whole. */
export class EventFile implements EventSink {
  readonly #descriptor: number;
  readonly #cursorFile: string;

  constructor(file: string, cursorFile: string) {
    this.#descriptor = openSync(file, "a+", 0o600);
    this.#cursorFile = cursorFile;
    if (endsInLine(this.#descriptor)) this.append([""]);
  }

  append(lines: readonly string[]): void {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    fsyncSync(this.#descriptor);
  }

  keep(cursor: Parameters<EventSink["keep"]>[0]): void {
    writeCursor(this.#cursorFile, cursor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
