import type { TrailMarkStore } from "./trail-marks.ts";

/** How far a clock is put right without a word: as far as a token's time may be off. */
const SKEW_MS = 5000;

/**
 * The time that records are sealed with. It never goes back: where the system's clock was put back, records go on with the last time
 * that was given until the clock is there again, and that is on record once each time.
 */
export class SealClock {
  readonly #store: Pick<TrailMarkStore, "all" | "record">;
  readonly #now: () => number;
  #stampedMs: number;
  #isBehind = false;

  constructor(store: Pick<TrailMarkStore, "all" | "record">, now: () => number) {
    this.#store = store;
    this.#now = now;
    // A clock that was put back while the custodian was down doesn't take the trail back beyond the last signature.
    this.#stampedMs = Math.max(0, ...[...store.all("mark").values()].map(({ atMs }) => atMs));
  }

  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`, never before what it answered last. */
  stamp(): string {
    const behindMs = this.#stampedMs - this.#now();
    this.#stampedMs = Math.max(this.#stampedMs, this.#now());
    if (behindMs <= 0) this.#isBehind = false;
    else if (behindMs > SKEW_MS && !this.#isBehind) {
      this.#isBehind = true;
      this.#store.record("clock.skew", "custodian", `behind_s=${Math.ceil(behindMs / 1000)}`);
    }
    return new Date(this.#stampedMs).toISOString();
  }
}
