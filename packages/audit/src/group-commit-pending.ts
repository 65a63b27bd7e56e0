import { SallyportError } from "@sallyport/errors";
import type { Receipt, RecordDraft, SealedRecord } from "./model.ts";
import { receiptOf } from "./group-commit-seal.ts";

/** One append that has not been answered yet. */
export class Pending {
  readonly draft: RecordDraft;
  /** On the monotonic clock. */
  readonly deadlineAtMs: number;
  readonly settled: Promise<Receipt>;
  /** How often the chain's head moved under it. */
  misses = 0;
  #isSettled = false;
  #resolve!: (receipt: Receipt) => void;
  #reject!: (error: SallyportError) => void;
  readonly #onSettled: (pending: Pending) => void;

  constructor(draft: RecordDraft, deadlineAtMs: number, onSettled: (pending: Pending) => void) {
    this.draft = draft;
    this.deadlineAtMs = deadlineAtMs;
    this.#onSettled = onSettled;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Answers with the record that is durable now. */
  acknowledge(record: SealedRecord): void {
    if (this.#settle()) this.#resolve(receiptOf(record));
  }

  refuse(error: SallyportError): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#onSettled(this);
    return true;
  }
}

/** A run that was sent to the store. */
export interface Run {
  readonly pendings: readonly Pending[];
  readonly records: readonly SealedRecord[];
}

export const acknowledgeRun = ({ pendings, records }: Run): void => {
  for (const [index, pending] of pendings.entries()) {
    const record = records[index];
    if (record !== undefined) pending.acknowledge(record);
  }
};

/**
 * The appends of one chain that wait for an answer, each until its deadline. One timer, for the oldest: they all have the
 * same time, so they fall due in the order in which they came.
 */
export class Waiting {
  readonly #unsettled = new Set<Pending>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#unsettled.size;
  }

  add(draft: RecordDraft, deadlineMs: number): Pending {
    const pending = new Pending(draft, this.#now() + deadlineMs, (settled) => this.#unsettled.delete(settled));
    this.#unsettled.add(pending);
    this.#arm();
    return pending;
  }

  /** Refuses everything that waits. */
  refuseAll(error: SallyportError): void {
    for (const pending of this.#unsettled) pending.refuse(error);
  }

  #arm(): void {
    const [oldest] = this.#unsettled;
    if (this.#timer !== undefined || oldest === undefined) return;
    this.#timer = setTimeout(() => this.#sweep(), Math.max(1, oldest.deadlineAtMs - this.#now()));
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#now();
    for (const pending of this.#unsettled) {
      if (pending.deadlineAtMs > now) break;
      pending.refuse(new SallyportError("trail.unavailable", { why: "deadline" }));
    }
    this.#arm();
  }
}
