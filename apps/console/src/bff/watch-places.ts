const PER_SESSION = 8;
const IN_ALL = 512;

/** Bounds how many watches are open at once: of one session, and of all. */
export class WatchPlaces {
  readonly #of = new Map<string, number>();
  #all = 0;

  /** A place until it is disposed of; null where there is none. */
  take(secret: string): Disposable | null {
    const taken = this.#of.get(secret) ?? 0;
    if (taken >= PER_SESSION || this.#all >= IN_ALL) return null;
    this.#of.set(secret, taken + 1);
    this.#all += 1;
    return {
      [Symbol.dispose]: () => {
        this.#all -= 1;
        const left = (this.#of.get(secret) ?? 1) - 1;
        if (left === 0) this.#of.delete(secret);
        else this.#of.set(secret, left);
      },
    };
  }
}
