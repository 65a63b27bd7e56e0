import { TOKEN_LIFETIME_SECONDS_MAX } from "@sallyport/crypto";

/** How often a count of minted tokens goes on record, at most. */
const COUNT_MS = 900_000;

/** Counts tokens as they are minted: how many are still good of each key, and how many there were since the last count. Never the tokens. */
export class TokenTally {
  readonly #now: () => number;
  readonly #fromMs: number;
  #countedMs: number;
  #minted = 0;
  /** By key, and by the second at which they end. */
  readonly #good = new Map<string, Map<number, number>>();

  constructor(now: () => number) {
    this.#now = now;
    this.#fromMs = now();
    this.#countedMs = this.#fromMs;
  }

  minted(kid: string, expS: number): void {
    this.#minted += 1;
    const ends = this.#good.get(kid) ?? new Map<number, number>();
    this.#good.set(kid, ends);
    if (!ends.has(expS)) this.#forget(ends);
    ends.set(expS, (ends.get(expS) ?? 0) + 1);
  }

  /** Tokens of a key that haven't ended; null until those that were minted before this counted have. */
  good(kid: string): number | null {
    if (this.#now() - this.#fromMs < TOKEN_LIFETIME_SECONDS_MAX * 1000) return null;
    const ends = this.#good.get(kid);
    if (ends === undefined) return 0;
    this.#forget(ends);
    return [...ends.values()].reduce((sum, count) => sum + count, 0);
  }

  /** What goes on record now: how many since when; null where there were none, or the last count was lately. */
  count(): string | null {
    if (this.#minted === 0 || this.#now() - this.#countedMs < COUNT_MS) return null;
    const said = `${this.#minted} since ${new Date(this.#countedMs).toISOString()}`;
    this.#minted = 0;
    this.#countedMs = this.#now();
    return said;
  }

  #forget(ends: Map<number, number>): void {
    const nowS = Math.floor(this.#now() / 1000);
    for (const expS of ends.keys()) if (expS <= nowS) ends.delete(expS);
  }
}
