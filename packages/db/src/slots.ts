import { SallyportError } from "@sallyport/errors";

interface Waiter {
  readonly take: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A bounded number of slots, and a bounded number of callers who wait for one, each for a bounded time.
 * The driver's own queue has no end, so it is never reached.
 */
export class Slots {
  readonly #waitingMax: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<Waiter>();
  #free: number;

  constructor(count: number, waitingMax: number, waitMs: number) {
    this.#free = count;
    this.#waitingMax = waitingMax;
    this.#waitMs = waitMs;
  }

  /** How many callers are waiting. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a slot, first come first served. Throws `service.busy` where none comes free in time or too many wait. */
  take(): Promise<void> | void {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#waiting.size >= this.#waitingMax) throw new SallyportError("service.busy", { waiting: this.#waiting.size });
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        take: resolve,
        timer: setTimeout(() => {
          this.#waiting.delete(waiter);
          reject(new SallyportError("service.busy", { waitedMs: this.#waitMs }));
        }, this.#waitMs),
      };
      this.#waiting.add(waiter);
    });
  }

  /** Gives a slot back, to the caller who has waited longest. */
  give(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(first);
    clearTimeout(first.timer);
    first.take();
  }
}
