/** Bounds how much of one kind is under way at once: of one session, and of all. */
export class SessionPlaces {
  readonly #perSession: number;
  readonly #inAll: number;
  readonly #of = new Map<string, number>();
  #all = 0;

  constructor(perSession: number, inAll: number) {
    this.#perSession = perSession;
    this.#inAll = inAll;
  }

  /** A place until it is disposed of; null where there is none. */
  take(secret: string): Disposable | null {
    const taken = this.#of.get(secret) ?? 0;
    if (taken >= this.#perSession || this.#all >= this.#inAll) return null;
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
