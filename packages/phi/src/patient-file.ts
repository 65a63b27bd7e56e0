import { HeadSteps } from "./head-steps.ts";
import { closes, COMMA, END_OF_LIST, END_OF_OBJECT, following, LINE_FEED, LIST, OBJECT } from "./json-ends.ts";
import type { JsonScanner } from "./json-scanner.ts";
import { type JsonStream, MORE } from "./json-stream.ts";

/** How much of a file is held at once, in UTF-16 code units. */
export interface PatientLimits {
  /** A resource's text; 1 Mi unless given. */
  readonly rowMax?: number;
  /** Everything but the resources; 1 Mi unless given. */
  readonly headMax?: number;
}

const UNITS_MAX = 1024 * 1024;

/** How a file carries its resources: one alone, in a Bundle, or one a line. */
export type Carrier = "resource" | "bundle" | "lines";

/**
 * Walks a file of FHIR resources in JSON: one resource, a Bundle with members in any order, or NDJSON, and hands out the resources one after
 * the other. It holds one of them and a block of the text. What the resources are isn't judged here.
 */
export class PatientFile {
  readonly #stream: JsonStream;
  readonly #rowMax: number;
  readonly #head: HeadSteps;
  /** Known at the end. */
  carrier: Carrier = "resource";

  constructor(stream: JsonStream, { rowMax = UNITS_MAX, headMax = UNITS_MAX }: PatientLimits = {}) {
    this.#stream = stream;
    this.#rowMax = rowMax;
    this.#head = new HeadSteps(stream, headMax, "resources");
  }

  /** The resources, as they were parsed. @throws SallyportError `packet.invalid`. */
  async *resources(): AsyncGenerator<unknown> {
    const stream = this.#stream;
    const members: Record<string, unknown> = {};
    const keys = new Set<string>();
    let entries = 0;
    await stream.step((scanner) => {
      scanner.space();
      if (scanner.peek() !== OBJECT) scanner.fail("an object is expected");
      scanner.enter();
    }, this.#head.left);
    let isOpen = await stream.step((scanner) => !closes(scanner, END_OF_OBJECT), this.#head.left);
    while (isOpen) {
      const { key, isEntries } = await this.#head.take((scanner) => {
        scanner.space();
        const found = scanner.key(keys);
        return { key: found, isEntries: found === "entry" && following(scanner) === LIST };
      });
      keys.add(key);
      if (isEntries) {
        for await (const entry of this.#entries()) {
          entries += 1;
          yield entry;
        }
      } else members[key] = this.#stream.parsed(await this.#head.take((scanner) => scanner.valueText()));
      isOpen = await this.#head.take((scanner) => {
        if (closes(scanner, END_OF_OBJECT)) return false;
        scanner.take(COMMA, "a comma or the end of the object is expected");
        return true;
      });
    }
    if (keys.has("entry") || members["resourceType"] === "Bundle") {
      this.carrier = "bundle";
      if (members["resourceType"] !== "Bundle") stream.refuse("resourceType", "entries of what is no Bundle");
      if (entries === 0) stream.refuse("entry", "none");
      return this.#end();
    }
    yield members;
    if (await this.#isMore()) yield* this.#lines();
  }

  async *#entries(): AsyncGenerator<unknown> {
    const stream = this.#stream;
    let isOpen = await stream.step((scanner) => {
      scanner.enter();
      return !closes(scanner, END_OF_LIST);
    }, this.#rowMax);
    stream.row = 1;
    while (isOpen) {
      const { text, isLast } = await stream.step((scanner) => {
        scanner.space();
        const found = this.#bounded(scanner);
        const isEnd = closes(scanner, END_OF_LIST);
        if (!isEnd) scanner.take(COMMA, "a comma or the end of the list is expected");
        return { text: found, isLast: isEnd };
      }, this.#rowMax);
      isOpen = !isLast;
      const entry = this.#stream.parsed(text);
      const resource = typeof entry === "object" && entry !== null && !Array.isArray(entry) ? (entry as Record<string, unknown>)["resource"] : undefined;
      yield resource;
      stream.row += 1;
    }
    stream.row = 0;
  }

  async *#lines(): AsyncGenerator<unknown> {
    const stream = this.#stream;
    this.carrier = "lines";
    stream.row = 2;
    while (stream.isAtEnd !== true) {
      const text = stream.tryStep((scanner) => {
        const found = this.#bounded(scanner);
        if (found.includes("\n")) scanner.fail("a resource on more than one line");
        scanner.lineSpace();
        if (!(Number.isNaN(scanner.peek()) && stream.isWhole)) scanner.take(LINE_FEED, "the end of the line is expected");
        return found;
      });
      if (text === MORE) {
        await stream.more(this.#rowMax);
        continue;
      }
      yield this.#stream.parsed(text);
      stream.row += 1;
      while (stream.isAtEnd === MORE) await stream.more(this.#rowMax);
    }
    stream.row = 0;
  }

  /** Whether lines follow the first object, which then was on a line of its own. */
  async #isMore(): Promise<boolean> {
    const stream = this.#stream;
    const isOneLine = stream.line() === 1;
    for (;;) {
      await this.#head.take((scanner) => scanner.space());
      const { isAtEnd } = stream;
      if (isAtEnd === true) return false;
      if (isAtEnd === false) break;
      await stream.more(this.#head.left);
    }
    if (!isOneLine || stream.line() !== 2) await this.#head.take((scanner) => scanner.fail("something follows the value"));
    return true;
  }

  async #end(): Promise<void> {
    for (;;) {
      await this.#head.take((scanner) => scanner.space());
      const { isAtEnd } = this.#stream;
      if (isAtEnd === true) return;
      if (isAtEnd === false) await this.#head.take((scanner) => scanner.fail("something follows the value"));
      else await this.#stream.more(this.#head.left);
    }
  }

  #bounded(scanner: JsonScanner): string {
    if (scanner.peek() !== OBJECT) scanner.fail("an object is expected");
    const text = scanner.valueText();
    if (text.length > this.#rowMax) scanner.fail("longer than it may be");
    return text;
  }
}
