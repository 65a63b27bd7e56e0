import type { JsonScanner } from "./json-scanner.ts";
import type { JsonStream } from "./json-stream.ts";

/** Steps through what a file holds beside its rows. All together, that is bounded: however it is cut up, no more of it is read. */
export class HeadSteps {
  readonly #stream: JsonStream;
  readonly #rows: string;
  #left: number;

  /** @param unitsMax - UTF-16 code units. @param rows - What the rows are called in a fault. */
  constructor(stream: JsonStream, unitsMax: number, rows: string) {
    this.#stream = stream;
    this.#left = unitsMax;
    this.#rows = rows;
  }

  /** What may still be read, in UTF-16 code units. */
  get left(): number {
    return this.#left;
  }

  /** Takes one step. @throws SallyportError `packet.invalid`. */
  async take<T>(read: (scanner: JsonScanner) => T): Promise<T> {
    const { taken, units } = await this.#stream.step((scanner) => {
      const start = scanner.at;
      const found = read(scanner);
      return { taken: found, units: scanner.at - start };
    }, this.#left);
    this.#left -= units;
    if (this.#left < 0) this.#stream.refuse("the file", `has more besides its ${this.#rows} than is read`);
    return taken;
  }
}
