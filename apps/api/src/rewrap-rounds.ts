import { setTimeout as sleep } from "node:timers/promises";
import type { EventLog, Trail } from "@sallyport/api";
import type { Custodian, CustodianStatus } from "@sallyport/custody";
import type { RewrapEnd, RewrapJob, RewrapStore, Tx } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";

const BATCH = 256;
const DEADLINE_MS = 5000;
/** Between batches at least; otherwise as long as the batch took, so that half of the time is everybody else's. */
const PAUSE_MS = 10;

export interface RewrapDeps {
  readonly store: RewrapStore;
  readonly custodian: Pick<Custodian, "rotate">;
  /** As the custodian said last. */
  readonly keks: () => CustodianStatus["keks"];
  readonly trail: Pick<Trail<Tx>, "inTransaction">;
  /** This process, among those that might do the same. */
  readonly node: string;
  readonly log: EventLog;
  /** Keys of one call to the custodian and one short transaction; some ten milliseconds' worth of each if absent. */
  readonly batch?: number;
}

/**
 * Wraps the data keys under a retiring key-encryption key anew under the one in use, batch by batch. What is left to do is the stored keys
 * themselves, so whichever node is next goes on where another was ended; one is at it at a time. Both keys open meanwhile, so nobody waits. That it is over is on
 * the trail once, with all that was moved, by whoever was: it is marked in the transaction of its record.
 */
export class RewrapRounds {
  readonly #deps: RewrapDeps;
  #isFailing = false;

  constructor(deps: RewrapDeps) {
    this.#deps = deps;
  }

  /** Goes through all that is left, once. Never throws: what couldn't be done now is met again at the next round. */
  async run(): Promise<void> {
    try {
      const { active: to, retiring: from } = this.#deps.keks();
      const job = from === null ? null : { from, to };
      if (job !== null) await this.#through(job);
      await this.#tell(job);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#deps.log.event("keys.rewrap_failed", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }

  async #through(job: RewrapJob): Promise<void> {
    const { store, node, log, batch = BATCH } = this.#deps;
    let [after, stuck] = ["", 0];
    for (;;) {
      const fromMs = performance.now();
      const keys = await store.next(job.from, after, batch);
      const last = keys.at(-1);
      if (last === undefined) break;
      if (!(await store.take(job, node))) return;
      const { keys: answers } = await this.#deps.custodian.rotate({ kind: "rewrap", items: keys.map(({ context, wrapped }) => ({ context, wrapped })) }, DEADLINE_MS);
      const anew = keys.flatMap(({ place, wrapped: was }, at) => {
        const answer = answers[at];
        // The root key is away, or the ring has turned again: nothing of this is wrong with the key.
        if (answer === undefined || ("code" in answer && answer.code !== "phi.integrity" && answer.code !== "subject.shredded")) throw new SallyportError("keys.unavailable");
        return "wrapped" in answer ? [{ place, was, now: answer.wrapped }] : [];
      });
      await store.replace(job, anew);
      stuck += keys.length - anew.length;
      after = last.place;
      await sleep(Math.max(PAUSE_MS, performance.now() - fromMs));
    }
    if (after === "") return;
    await store.end(job, node, stuck);
    if (stuck > 0) log.event("keys.rewrap_stuck", { kek: job.from, keys: stuck });
  }

  async #tell(current: RewrapJob | null): Promise<void> {
    const { store, trail, node } = this.#deps;
    if (!(await store.isUntold(current, node))) return;
    await trail.inTransaction(async (tx, appendLast) => {
      const ends = await store.tell(tx, current, node);
      if (ends.length > 0) await appendLast(ends.map(rewrapped));
    });
  }
}

const rewrapped = ({ from, to, moved, stuck }: RewrapEnd) => ({
  chain: "system",
  principal: "api",
  role: "-",
  workload: "api",
  action: "keys.rotate",
  resource: "ring/kek",
  site: "-",
  decision: "note" as const,
  reason: "rewrapped",
  request_id: "-",
  policy: "-",
  detail: `from=${from};to=${to};moved=${moved};stuck=${stuck}`,
});
