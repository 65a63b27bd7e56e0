import { setTimeout as sleep } from "node:timers/promises";
import type { EventLog } from "@sallyport/api";
import type { LeafStore, RunAt } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";
import type { LeafDesk } from "./leaf-desk.ts";

/** Generations looked at in one round. */
const GENERATIONS = 64;
/** Records a second from which on the trail is in use: signing waits. */
const BUSY_PER_S = 50;
/** Between two looks at the trail. */
const LOOK_MS = 500;
/** Three times as long as a run took, nothing is done: a quarter of one core's time at most. */
const REST = 3;
const ROUND_MS = 4000;

export interface LeafRoundDeps {
  readonly store: Pick<LeafStore, "due" | "take" | "appended">;
  readonly desk: Pick<LeafDesk, "keep">;
  /** This process, among those that might do the same. */
  readonly node: string;
  readonly log: EventLog;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

/**
 * Has the leaves of what is checkpointed signed while nothing else is to be done, so that an export finds the signatures made. What is left to do is what isn't
 * kept yet, so whichever node is next goes on where another was ended; one is at it at a time.
 */
export class LeafRounds {
  readonly #deps: LeafRoundDeps;
  /** Up to where each generation is known to be done. A run that can't be kept, its records not being what was sealed or the custodian not having seen them, is passed over. */
  readonly #done = new Map<string, RunAt>();
  #looked: { readonly atMs: number; readonly appended: number } | null = null;
  #isFailing = false;

  constructor(deps: LeafRoundDeps) {
    this.#deps = deps;
  }

  /** Keeps some runs, if nobody appends meanwhile. Never throws: what couldn't be done now is met again at the next round. */
  async run(): Promise<void> {
    try {
      const { store, node, clock } = this.#deps;
      const untilMs = clock() + ROUND_MS;
      // Who hasn't the work needn't know what is left of it.
      if ((await this.#isBusy()) || !(await store.take(node))) return;
      for (let isGoingOn = true; isGoingOn; ) {
        const due = await store.due([...this.#done.values()], GENERATIONS);
        isGoingOn = due.length > 0;
        for (const { isKept, ...at } of due) {
          if (isKept) this.#pass(at);
          else isGoingOn &&= await this.#keep(at, untilMs);
        }
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#deps.log.event("leaves.behind", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }

  /** One run; whether there is time for another. */
  async #keep(at: RunAt, untilMs: number): Promise<boolean> {
    const { store, desk, node, clock } = this.#deps;
    if (clock() >= untilMs || (await this.#isBusy()) || !(await store.take(node))) return false;
    const fromMs = clock();
    // The custodian may have been put back to before what was checkpointed: it doesn't sign what it hasn't seen, and there are other generations.
    await desk.keep(at).catch((error: unknown) => {
      if (codeOf(error) !== "verb.refused") throw error;
    });
    this.#pass({ ...at, run: at.run + 1 });
    await sleep(REST * (clock() - fromMs));
    return true;
  }

  /** What stands before it is done. */
  #pass(at: RunAt): void {
    this.#done.set(`${at.chain}/${at.generation}`, at);
  }

  /** Whether records come in. The first look can't tell, and says so. */
  async #isBusy(): Promise<boolean> {
    const { store, clock } = this.#deps;
    const before = this.#looked;
    if (before !== null && clock() - before.atMs < LOOK_MS) return false;
    this.#looked = { appended: await store.appended(), atMs: clock() };
    return before === null || Math.abs(this.#looked.appended - before.appended) * 1000 > BUSY_PER_S * (this.#looked.atMs - before.atMs);
  }
}
