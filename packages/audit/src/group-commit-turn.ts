import { SallyportError } from "@sallyport/errors";

/** Gives a turn back; the second call does nothing. */
export type GiveBack = () => void;

/**
 * The process's own queue for a chain's head. Group commit and transactions that append in them take turns, so that this
 * process does not miss its own compare-and-set; other processes are held off by the database alone.
 */
export class Turn {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  /** Whether somebody waits for it. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes the turn, first come first served. Throws `trail.unavailable` where it does not come within `waitMs`. */
  async take(waitMs: number): Promise<GiveBack> {
    if (this.#isTaken) await this.#wait(waitMs);
    this.#isTaken = true;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      // Handed on as taken: nobody can come between.
      if (next === undefined) this.#isTaken = false;
      else next();
    };
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new SallyportError("trail.unavailable", { why: "turn", waitedMs: waitMs }));
      }, waitMs);
      this.#waiting.push(go);
    });
  }
}
