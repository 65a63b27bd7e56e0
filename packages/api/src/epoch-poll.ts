import { codeOf, SallyportError } from "@sallyport/errors";

/** Port: a store whose every change moves its epoch, and only upward; both calls fail fast. */
export interface EpochSource<Snapshot> {
  epoch(): Promise<bigint>;
  snapshot(): Promise<Snapshot>;
}

/** What is done with what is read. */
export interface Keeper<Snapshot> {
  /** Takes what the store holds now. What it throws as a failure of ours is {@link Keeper.lose}'s. */
  take(snapshot: Snapshot): void;
  /** The store answered nonsense: what was kept is as good as none. */
  lose(error: unknown): void;
}

const STALE_MS = 1000;

/**
 * Looks a few times a second whether a store has changed, and knows how old what was read is. It polls, because nothing may depend on
 * notifications (DESIGN §6, ADR 0008).
 */
export class EpochPoll<Snapshot extends { readonly epoch: bigint }> {
  readonly #source: EpochSource<Snapshot>;
  readonly #keeper: Keeper<Snapshot>;
  readonly #now: () => number;
  readonly #staleMs: number;
  #epoch: bigint | null = null;
  /** The newest that was ever read. */
  #newest = -1n;
  #freshMs = Number.NEGATIVE_INFINITY;

  constructor(source: EpochSource<Snapshot>, keeper: Keeper<Snapshot>, { now, staleMs = STALE_MS }: { readonly now: () => number; readonly staleMs?: number }) {
    this.#source = source;
    this.#keeper = keeper;
    this.#now = now;
    this.#staleMs = staleMs;
  }

  /**
   * Reads the store once if its epoch moved. Never throws.
   *
   * Reads overlap, and one that began earlier may end later: what is older than anything that was read is never taken, so that nothing which
   * was revoked is back for a moment. A store that was put back under a running process thus grows stale.
   */
  async refresh(): Promise<void> {
    const askedMs = this.#now();
    try {
      if ((await this.#source.epoch()) !== this.#epoch) {
        const snapshot = await this.#source.snapshot();
        if (snapshot.epoch < this.#newest) return;
        this.#newest = snapshot.epoch;
        this.#keeper.take(snapshot);
        this.#epoch = snapshot.epoch;
      }
      // Reads overlap, so the later one counts; but not where the clock was put back in between.
      this.#freshMs = this.#now() < this.#freshMs ? askedMs : Math.max(this.#freshMs, askedMs);
    } catch (error) {
      // What was kept grows stale by itself.
      if (codeOf(error) !== "internal") return;
      this.#keeper.lose(error);
      this.#epoch = null;
    }
  }

  /** @throws SallyportError `policy.unavailable` where the store couldn't be read for a second, or the clock was put back since: then nobody knows how old it is. */
  assertFresh(): void {
    const ageMs = this.#now() - this.#freshMs;
    if (!(ageMs >= 0 && ageMs <= this.#staleMs)) throw new SallyportError("policy.unavailable");
  }
}
