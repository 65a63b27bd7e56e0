import { type Act, rowOf } from "./act.ts";
import { ACTIONS } from "./model.ts";

/** The actions that a token may be used for at most. It is a copy: nothing adds to it later. */
export class TokenScope {
  /** By {@link Act.row}: 1 for an action that the scope names. */
  readonly #named = new Uint8Array(ACTIONS.length);

  /** Names that are no action add nothing. */
  constructor(actions: Iterable<string>) {
    for (const name of actions) {
      const row = rowOf(name);
      if (row !== undefined) this.#named[row] = 1;
    }
  }

  names(act: Act): boolean {
    return this.#named[act.row] === 1;
  }
}
