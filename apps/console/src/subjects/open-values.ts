import type { OutputOf } from "../api/procedures.ts";

export type Value = OutputOf<"subjects.reveal">["value"];

/** Where the opening is on record. */
export interface Recorded {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
}

export interface OpenValue {
  readonly value: Value;
  readonly closesAtMs: number;
  readonly recorded: Recorded;
}

/** Why values were covered again. `time` is the ordinary end. */
export type CoverReason = "time" | "asked" | "hidden" | "left" | "session";

/** What the values' owner is told: how many were covered, and why. */
type Listener = (covered: { readonly keys: readonly string[]; readonly why: CoverReason } | null) => void;

interface Clock {
  readonly now: () => number;
  /** Calls back once after so many milliseconds; answers how to take that back. */
  readonly after: (ms: number, act: () => void) => () => void;
}

const browserClock: Clock = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** So often it is asked whether the session still stands while a value is open: one that was ended elsewhere must not leave it in sight. */
export const CHECK_MS = 10_000;

/**
 * The values that one page has open: the only place in the browser that holds any, outside of every cache, history and storage. Each is
 * dropped at its end, and all of them together as soon as the page may be out of its reader's sight.
 */
export class OpenValues {
  readonly #check: () => void;
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenValue>();
  readonly #listeners = new Set<Listener>();
  #version = 0;
  #cancel: (() => void) | null = null;
  #stopChecking: (() => void) | null = null;

  /** `check` asks whether the session still stands. */
  constructor(check: () => void, clock: Clock = browserClock) {
    this.#check = check;
    this.#clock = clock;
  }

  /** Changes with every change, so that a view knows that it is old. */
  readonly version = (): number => this.#version;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Opens values for so many seconds from now. */
  open(values: readonly { readonly key: string; readonly value: Value }[], seconds: number, recorded: Recorded): void {
    const closesAtMs = this.#clock.now() + seconds * 1000;
    for (const { key, value } of values) this.#open.set(key, { value, closesAtMs, recorded });
    this.#changed(null);
  }

  /** The value as long as it is open. A machine that slept past the end finds it closed, whether or not a timer ran. */
  at(key: string): OpenValue | null {
    const found = this.#open.get(key);
    return found !== undefined && found.closesAtMs > this.#clock.now() ? found : null;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Covers one value, or all. */
  cover(why: CoverReason, key?: string): void {
    const keys = key === undefined ? [...this.#open.keys()] : this.#open.has(key) ? [key] : [];
    if (keys.length === 0) return;
    for (const each of keys) this.#open.delete(each);
    this.#changed({ keys, why });
  }

  #changed(covered: { readonly keys: readonly string[]; readonly why: CoverReason } | null): void {
    this.#version += 1;
    if (this.#open.size > 0) this.#stopChecking ??= this.#checkSoon();
    else {
      this.#stopChecking?.();
      this.#stopChecking = null;
    }
    this.#cancel?.();
    const next = Math.min(...[...this.#open.values()].map(({ closesAtMs }) => closesAtMs));
    this.#cancel = Number.isFinite(next) ? this.#clock.after(Math.max(0, next - this.#clock.now()), () => this.#sweep()) : null;
    for (const tell of this.#listeners) tell(covered);
  }

  #checkSoon(): () => void {
    return this.#clock.after(CHECK_MS, () => {
      this.#stopChecking = this.#checkSoon();
      this.#check();
    });
  }

  #sweep(): void {
    const now = this.#clock.now();
    const keys = [...this.#open].flatMap(([key, { closesAtMs }]) => (closesAtMs <= now ? [key] : []));
    for (const each of keys) this.#open.delete(each);
    this.#changed(keys.length === 0 ? null : { keys, why: "time" });
  }
}

const whyText: Record<CoverReason, string> = {
  time: "The time is over",
  asked: "Covered",
  hidden: "This page was out of sight",
  left: "You left the record",
  session: "Your session ended",
};

/** What is said when values were covered; never with a value. */
export const coveredText = (count: number, why: CoverReason): string => `${whyText[why]}: ${count === 1 ? "one value is" : `${count} values are`} masked again.`;
