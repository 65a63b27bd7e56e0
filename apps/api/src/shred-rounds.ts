import type { EventLog } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import type { Tx } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";
import type { ShredStore } from "@sallyport/phi";

const AT_ONCE = 16;
const DEADLINE_MS = 5000;

export interface ShredRoundDeps {
  readonly store: Pick<ShredStore<Tx>, "due" | "carriedOut">;
  readonly custodian: Pick<Custodian, "shred">;
  readonly now: () => number;
  readonly log: EventLog;
}

/**
 * Has the custodian destroy what two people approved the end of. What is left to do is in the database since the commit of the last vote; asked again, the
 * custodian answers the same, so any node goes on where another was ended.
 */
export class ShredRounds {
  readonly #deps: ShredRoundDeps;
  #isFailing = false;

  constructor(deps: ShredRoundDeps) {
    this.#deps = deps;
  }

  /** Carries out all that is due. Never throws: what couldn't be done now is met again at the next round. */
  async run(): Promise<void> {
    const { store, custodian, now, log } = this.#deps;
    try {
      for (const { subject, statement, packets } of await store.due(AT_ONCE)) {
        await custodian.shred({ kind: "shred", statement, packets }, DEADLINE_MS);
        await store.carriedOut(subject, now());
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.event("subject.shred_failed", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }
}
