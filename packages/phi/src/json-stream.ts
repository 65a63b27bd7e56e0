import type { DatasetFaults } from "./dataset-faults.ts";
import { JsonFault, JsonScanner, LOOK_AHEAD } from "./json-scanner.ts";
import { utf8Text } from "./utf8-text.ts";

const DEPTH_MAX = 64;

/** What {@link JsonStream.tryStep} answers where the text that is there ends too early. */
export const MORE = Symbol("more of the text is needed");

/**
 * Reads a JSON text that comes in pieces, step by step, strictly: UTF-8 without a byte order mark, no key twice, no `__proto__`,
 * no lone surrogate, no number that a double can't hold, at most 64 levels. It holds the text of one step and one block more.
 *
 * A step takes whole parts of the text: a member, a row. Where the text that is there ends inside one, more is fetched and
 * the step is taken anew, so it may keep nothing before it has succeeded. What is fetched doubles each time: reading stays
 * linear, whatever the pieces are.
 *
 * What isn't such a text is added to the faults with its place, and these are thrown: `packet.invalid`, and nothing of the text.
 */
export class JsonStream {
  readonly #scanner = new JsonScanner(DEPTH_MAX);
  readonly #faults: DatasetFaults;
  readonly #blocks: AsyncIterator<{ readonly text: string; readonly fault: string | null }>;
  #text = "";
  #at = 0;
  #depth = 0;
  #isWhole = false;
  #fault: string | null = null;
  #linesBefore = 0;
  #columnsBefore = 0;
  /** The row that is being read, from 1; 0 outside the rows. */
  row = 0;

  constructor(source: AsyncIterable<Uint8Array>, faults: DatasetFaults) {
    this.#blocks = utf8Text(source)[Symbol.asyncIterator]();
    this.#faults = faults;
  }

  /** Takes a step, of at most so many UTF-16 code units. @throws SallyportError `packet.invalid`. */
  async step<T>(read: (scanner: JsonScanner) => T, unitsMax: number): Promise<T> {
    for (;;) {
      const taken = this.tryStep(read);
      if (taken !== MORE) return taken;
      await this.more(unitsMax);
    }
  }

  /** Takes a step if the text for it is there. @throws SallyportError `packet.invalid`. */
  tryStep<T>(read: (scanner: JsonScanner) => T): T | typeof MORE {
    const scanner = this.#scanner;
    scanner.place(this.#text, this.#at, this.#depth);
    try {
      const taken = read(scanner);
      this.#at = scanner.at;
      this.#depth = scanner.depth;
      return taken;
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      if (!this.#isWhole && error.reached > this.#text.length - LOOK_AHEAD) return MORE;
      return this.#refuseAt(error.at, error.fault);
    }
  }

  /** Fetches more of the text, for a step of at most so many code units. @throws SallyportError `packet.invalid`. */
  async more(unitsMax: number): Promise<void> {
    if (this.#fault !== null) this.#refuseAt(this.#text.length, this.#fault);
    const parts = [this.#rest()];
    const had = parts[0]?.length ?? 0;
    if (had > unitsMax) this.#refuseAt(this.#at, "longer than it may be");
    for (let size = 0; size <= had && !this.#isWhole && this.#fault === null; ) {
      const next = await this.#blocks.next();
      if (next.done === true) this.#isWhole = true;
      else {
        parts.push(next.value.text);
        size += next.value.text.length;
        this.#fault = next.value.fault;
      }
    }
    this.#text = parts.join("");
  }

  /** Whether nothing follows, once all of the text is there; {@link MORE} as long as that can't be known. */
  get isAtEnd(): boolean | typeof MORE {
    if (this.#at < this.#text.length) return false;
    return this.#isWhole || MORE;
  }

  /** Whether all of the text is there. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The line that the next step begins in, from 1. */
  line(): number {
    return this.#linesBefore + linesIn(this.#text, this.#at) + 1;
  }

  /** Parses what the scanner let pass, which JSON.parse takes; its own message would quote the text, so it never leaves. */
  parsed(text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return this.refuse("the file", "not JSON");
    }
  }

  /** Adds a fault, and throws it and what was found before it. `place` and `fault` hold no value. */
  refuse(place: string, fault: string): never {
    this.#faults.add(place, fault);
    return this.#faults.throwAll();
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#blocks.return?.();
  }

  /** What is still to be read; what was read is counted and let go. */
  #rest(): string {
    const lines = linesIn(this.#text, this.#at);
    this.#columnsBefore = lines === 0 ? this.#columnsBefore + this.#at : this.#at - (this.#text.lastIndexOf("\n", this.#at - 1) + 1);
    this.#linesBefore += lines;
    const rest = this.#text.slice(this.#at);
    this.#at = 0;
    this.#text = "";
    return rest;
  }

  #refuseAt(at: number, fault: string): never {
    const lines = linesIn(this.#text, at);
    const column = lines === 0 ? this.#columnsBefore + at : at - (this.#text.lastIndexOf("\n", at - 1) + 1);
    const place = `line ${this.#linesBefore + lines + 1}, column ${column + 1}`;
    return this.refuse(this.row === 0 ? place : `row ${this.row} (${place})`, fault);
  }
}

function linesIn(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
