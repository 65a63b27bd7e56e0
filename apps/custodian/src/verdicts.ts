import type { Verdict } from "@sallyport/custody";
import type { Store } from "./store.ts";

/** The newest finding for each chain's generation. A break goes on record once, when it is first seen. */
export class Verdicts {
  readonly #store: Store;
  readonly #byChain = new Map<string, Verdict>();

  constructor(store: Store) {
    this.#store = store;
    for (const [id, verdict] of store.all("broken")) this.#byChain.set(id, verdict);
  }

  /** A break that was found stays until a verification from the first record finds the chain whole again. */
  add(verdict: Verdict, isDeep: boolean): void {
    const id = `${verdict.chain} ${verdict.generation}`;
    const before = this.#byChain.get(id)?.broken ?? null;
    if (before !== null && verdict.broken === null && !isDeep) return;
    this.#byChain.set(id, verdict);
    const { broken } = verdict;
    if (broken !== null || before !== null) this.#store.put("broken", id, broken === null ? null : verdict);
    if (broken !== null && before?.kind !== broken.kind) this.#store.record("chain.break", verdict.chain, `generation ${verdict.generation} seq ${broken.seq}: ${broken.kind}`);
  }

  all(): readonly Verdict[] {
    return [...this.#byChain.values()];
  }
}
