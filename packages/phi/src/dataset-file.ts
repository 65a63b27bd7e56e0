import { isWholeHead } from "./dataset-head.ts";
import { HeadSteps } from "./head-steps.ts";
import { closes, COMMA, END_OF_LIST, END_OF_OBJECT, following, LINE_FEED, LIST, OBJECT } from "./json-ends.ts";
import type { JsonScanner } from "./json-scanner.ts";
import { type JsonStream, MORE } from "./json-stream.ts";

/** How much of a file is held at once, in UTF-16 code units. */
export interface DatasetLimits {
  /** A row's text; 1 Mi unless given. */
  readonly rowMax?: number;
  /** Everything but the rows; 1 Mi unless given. */
  readonly headMax?: number;
}

const UNITS_MAX = 1024 * 1024;
const BATCH_ROWS = 500;

type Members = Record<string, unknown>;
/** The objects on the way to a dataset's rows; version 1.1 needs the outermost only. */
type Level = "file" | "data" | "groups" | "dataset";
const CHILD: Readonly<Record<Level, Readonly<Record<string, Level>>>> = {
  file: { clinicalData: "data", referenceData: "data" },
  data: { itemGroupData: "groups" },
  groups: {},
  dataset: {},
};
const ROWS: Readonly<Record<Level, string | null>> = { file: "rows", data: null, groups: null, dataset: "itemData" };

/**
 * Walks a Dataset-JSON file of either version, JSON or NDJSON, with members in any order, and holds what it says besides its rows
 * in {@link members}. Whether these are what the standard asks for isn't judged here.
 */
export class DatasetFile<T> {
  /** The file's members, as far as they were read; in the place of the rows is an empty list. */
  readonly members: Members = {};
  /** Where the rows are: a member of this name, or lines of their own. */
  rowsAt: "rows" | "itemData" | "lines" | null = null;
  readonly #stream: JsonStream;
  readonly #take: ((row: unknown) => T | null) | null;
  readonly #rowMax: number;
  readonly #head: HeadSteps;
  #isDone = false;

  /** `take` makes of each row what is handed out, or null. Without it no row is: the file is read until its head is whole. */
  constructor(stream: JsonStream, take: ((row: unknown) => T | null) | null, { rowMax = UNITS_MAX, headMax = UNITS_MAX }: DatasetLimits = {}) {
    this.#stream = stream;
    this.#take = take;
    this.#rowMax = rowMax;
    this.#head = new HeadSteps(stream, headMax, "rows");
  }

  /** What was made of the rows, in batches of up to 500. To be run to its end. @throws SallyportError `packet.invalid`. */
  async *batches(): AsyncGenerator<readonly T[]> {
    await this.#head.take((scanner) => {
      scanner.space();
      if (scanner.peek() !== OBJECT) scanner.fail("an object is expected");
    });
    yield* this.#object(this.members, "file");
    if (this.#isDone) return;
    const isOneLine = this.#stream.line() === 1;
    for (;;) {
      await this.#head.take((scanner) => scanner.space());
      const isAtEnd = this.#stream.isAtEnd;
      if (isAtEnd === true) return;
      if (isAtEnd === false) break;
      await this.#stream.more(this.#head.left);
    }
    const isLines = isOneLine && this.rowsAt === null && this.#stream.line() === 2;
    await this.#head.take((scanner) => {
      if (!isLines || scanner.peek() !== LIST) scanner.fail("something follows the value");
    });
    yield* this.#rows("lines");
  }

  async *#object(members: Members, level: Level): AsyncGenerator<readonly T[]> {
    const keys = new Set<string>();
    let isOpen = await this.#head.take((scanner) => {
      scanner.enter();
      scanner.space();
      return !closes(scanner, END_OF_OBJECT);
    });
    while (isOpen) {
      const { key, next } = await this.#head.take((scanner) => {
        scanner.space();
        const found = scanner.key(keys);
        return { key: found, next: following(scanner) };
      });
      keys.add(key);
      const child = level === "groups" ? "dataset" : Object.hasOwn(CHILD[level], key) ? CHILD[level][key] : undefined;
      if (child !== undefined && next === OBJECT) {
        if (level === "groups" && keys.size > 1) this.#stream.refuse("itemGroupData", "has not exactly one dataset");
        const inner: Members = {};
        members[key] = inner;
        yield* this.#object(inner, child);
      } else if (key === ROWS[level] && next === LIST) {
        if (this.rowsAt !== null) this.#stream.refuse("the file", "has rows in two places");
        members[key] = [];
        yield* this.#rows(key === "rows" ? "rows" : "itemData");
      } else {
        members[key] = this.#stream.parsed(
          await this.#head.take((scanner) => {
            const text = scanner.valueText();
            following(scanner);
            return text;
          }),
        );
      }
      if (this.#isDone) return;
      isOpen = await this.#head.take((scanner) => {
        scanner.space();
        if (closes(scanner, END_OF_OBJECT)) return false;
        scanner.take(COMMA, "a comma or the end of the object is expected");
        return true;
      });
    }
  }

  async *#rows(at: "rows" | "itemData" | "lines"): AsyncGenerator<readonly T[]> {
    this.rowsAt = at;
    if (this.#take === null && isWholeHead(this.members)) {
      this.#isDone = true;
      return;
    }
    const stream = this.#stream;
    const read = at === "lines" ? this.#line : this.#element;
    let isOpen = at === "lines" || (await stream.step(opens, this.#rowMax));
    let batch: T[] = [];
    stream.row = 1;
    while (isOpen) {
      if (at === "lines" && stream.isAtEnd === true) break;
      const row = stream.tryStep(read);
      if (row === MORE) {
        await stream.more(this.#rowMax);
        continue;
      }
      isOpen = !row.isLast;
      stream.row += 1;
      const taken = this.#take?.(this.#stream.parsed(row.text)) ?? null;
      if (taken !== null) batch.push(taken);
      if (batch.length < BATCH_ROWS) continue;
      yield batch;
      batch = [];
    }
    stream.row = 0;
    if (batch.length > 0) yield batch;
  }

  /** A row among others in a list, with what separates it from the next. */
  readonly #element = (scanner: JsonScanner): { readonly text: string; readonly isLast: boolean } => {
    scanner.space();
    const text = this.#bounded(scanner, scanner.valueText());
    scanner.space();
    const isLast = closes(scanner, END_OF_LIST);
    if (!isLast) scanner.take(COMMA, "a comma or the end of the list is expected");
    return { text, isLast };
  };

  /** A row on a line of its own; the last line's end may be missing. */
  readonly #line = (scanner: JsonScanner): { readonly text: string; readonly isLast: boolean } => {
    const text = this.#bounded(scanner, scanner.valueText());
    if (text.includes("\n")) scanner.fail("a row on more than one line");
    scanner.lineSpace();
    if (Number.isNaN(scanner.peek()) && this.#stream.isWhole) return { text, isLast: true };
    scanner.take(LINE_FEED, "the end of the line is expected");
    return { text, isLast: false };
  };

  #bounded(scanner: JsonScanner, text: string): string {
    if (text.length > this.#rowMax) scanner.fail("longer than it may be");
    return text;
  }
}

const opens = (scanner: JsonScanner): boolean => {
  scanner.enter();
  scanner.space();
  return !closes(scanner, END_OF_LIST);
};
