import { SallyportError } from "@sallyport/errors";

/** Bounds what one principal has under way at once. */
export class PrincipalPlaces {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place; answers what gives it back. Throws `service.busy` where there is none. */
  take(principal: string): () => void {
    const own = this.#taken.get(principal) ?? 0;
    if (own >= this.#most) throw new SallyportError("service.busy");
    this.#taken.set(principal, own + 1);
    return () => {
      const left = (this.#taken.get(principal) ?? 1) - 1;
      if (left === 0) this.#taken.delete(principal);
      else this.#taken.set(principal, left);
    };
  }
}
