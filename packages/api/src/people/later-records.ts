import type { RecordDraft } from "@sallyport/audit";

const WAITING_MAX = 10_000;

/**
 * Records of refusals at sign-in, written a moment after the answer. A refusal opens nothing, so nothing rests on its record being there
 * first; and if somebody's refusals waited for the trail and nobody's didn't, the time of an answer would tell which names exist.
 */
export class LaterRecords {
  #waiting: RecordDraft[] = [];
  #dropped = 0;

  /** How many are waiting. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(draft: RecordDraft): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(draft);
    else this.#dropped += 1;
  }

  /** Writes what waits; what can't be written now is written next time. Called twice a second by the process, and when it stops. */
  async flush(append: (draft: RecordDraft) => Promise<unknown>): Promise<void> {
    const due = this.#waiting;
    this.#waiting = [];
    const outcomes = await Promise.allSettled(due.map((draft) => append(draft)));
    const failed = due.filter((_, at) => outcomes[at]?.status === "rejected");
    this.#waiting = [...failed, ...this.#waiting];
    const last = due.at(-1);
    if (this.#dropped === 0 || last === undefined || failed.length > 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.add({ ...last, principal: "-", resource: "people", detail: `unrecorded=${dropped}` });
  }
}
