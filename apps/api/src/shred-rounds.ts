import type { EventLog } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import type { Tx } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";
import type { DueShred, ShredStore } from "@sallyport/phi";

const AT_ONCE = 16;
const DEADLINE_MS = 5000;
/** What failed is asked for again after twice as long each time, up to this. */
const WAIT_MAX_MS = 60_000;

export interface ShredRoundDeps {
  readonly store: Pick<ShredStore<Tx>, "due" | "carriedOut">;
  readonly custodian: Pick<Custodian, "shred">;
  readonly now: () => number;
  readonly log: EventLog;
}

interface Failure {
  readonly code: string;
  readonly waitMs: number;
  readonly againMs: number;
}

/**
 * Has the custodian destroy what two people approved the end of. What is left to do is in the database since the commit of the last vote; asked again, the
 * custodian answers the same, so any node goes on where another was ended. One that fails holds back none that came later.
 */
export class ShredRounds {
  readonly #deps: ShredRoundDeps;
  #isFailing = false;
  /** By approval. */
  #failed = new Map<string, Failure>();

  constructor(deps: ShredRoundDeps) {
    this.#deps = deps;
  }

  /** Goes through all that is due, once. Never throws: what couldn't be done now is met again at a later round. */
  async run(): Promise<void> {
    const { store, log } = this.#deps;
    try {
      const failed = new Map<string, Failure>();
      let last: DueShred | null = null;
      do {
        const due: readonly DueShred[] = await store.due(AT_ONCE, last);
        for (const shred of due) {
          await this.#carryOut(shred);
          const failure = this.#failed.get(shred.approval);
          if (failure !== undefined) failed.set(shred.approval, failure);
        }
        last = due.at(-1) ?? null;
      } while (last !== null);
      this.#failed = failed;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.event("subject.shred_failed", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }

  async #carryOut({ subject, approval, statement, packets }: DueShred): Promise<void> {
    const { store, custodian, now, log } = this.#deps;
    const before = this.#failed.get(approval);
    if (before !== undefined && now() < before.againMs) return;
    try {
      await custodian.shred({ kind: "shred", statement, packets }, DEADLINE_MS);
      await store.carriedOut(subject, now());
      this.#failed.delete(approval);
    } catch (error) {
      const code = codeOf(error);
      if (before?.code !== code) log.event("subject.shred_failed", { approval, code });
      const waitMs = Math.min((before?.waitMs ?? 250) * 2, WAIT_MAX_MS);
      this.#failed.set(approval, { code, waitMs, againMs: now() + waitMs });
    }
  }
}
