import type { RecordDraft } from "./model.ts";

/** The action of the record that tells of an outage after it. */
export const TRAIL_OUTAGE = "trail.outage";

/** What was refused while the trail could not be written. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
  /** At least so many: a process that stopped during the outage took its count with it. */
  readonly refused: number;
}

/** Counts refusals from the first to the last, until they are on record. */
export class OutageCount {
  #outage: Outage | null = null;

  /** What is not on record yet. */
  get current(): Outage | null {
    return this.#outage;
  }

  refused(atMs: number): void {
    const { fromMs, refused } = this.#outage ?? { fromMs: atMs, refused: 0 };
    this.#outage = { fromMs, toMs: atMs, refused: refused + 1 };
  }

  /** Takes off what is on record now; what was refused meanwhile stays. */
  recorded(outage: Outage): void {
    const left = (this.#outage?.refused ?? 0) - outage.refused;
    this.#outage = left > 0 && this.#outage !== null ? { fromMs: outage.toMs, toMs: this.#outage.toMs, refused: left } : null;
  }
}

/** The record of an outage, in `system`. */
export const outageDraft = (outage: Outage, workload: string): RecordDraft => ({
  chain: "system",
  principal: "-",
  role: "-",
  workload,
  action: TRAIL_OUTAGE,
  resource: "trail",
  site: "-",
  decision: "note",
  reason: "trail.unavailable",
  request_id: "-",
  policy: "-",
  detail: `from=${new Date(outage.fromMs).toISOString()} to=${new Date(outage.toMs).toISOString()} refused_at_least=${outage.refused}`,
});
