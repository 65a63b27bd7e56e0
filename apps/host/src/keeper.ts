import { setTimeout as sleep } from "node:timers/promises";

/** Something that runs until it is stopped or fails. */
export interface Running {
  readonly pid: number;
  /** Settles with how it ended, in a few words. Never rejects. */
  readonly ended: Promise<string>;
  /** Stops it in order; done when it has ended. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** What a keeper tells its supervisor. */
export interface KeeperHooks {
  /** One line for people. */
  report(line: string): void;
  /** It failed too often; nothing runs any more and nothing will be tried. */
  gaveUp(reason: string): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** What a failure is, in words that hold no secret. */
  describe(error: unknown): string;
}

/** How often something may fail before it is given up, and how long is waited between. */
export interface KeeperLimits {
  readonly failuresMax: number;
  readonly withinMs: number;
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

export const KEEPER_LIMITS: KeeperLimits = { failuresMax: 5, withinMs: 60_000, pauseMs: 200, pauseMsMax: 10_000 };

export type KeeperState = "stopped" | "starting" | "running" | "waiting" | "failed";

/**
 * Keeps one thing running: when it ends by itself it is started again, each time after a longer pause; after too many
 * failures in a while it is given up, loudly, so that nothing stays half alive.
 */
export class Keeper<R extends Running> {
  readonly name: string;
  readonly #launch: () => Promise<R>;
  readonly #hooks: KeeperHooks;
  readonly #limits: KeeperLimits;
  #current: R | null = null;
  #launching: Promise<R> | null = null;
  #state: KeeperState = "stopped";
  #sinceMs = 0;
  #failures: number[] = [];
  #wanted = false;
  readonly #stopping = new AbortController();

  constructor(name: string, launch: () => Promise<R>, hooks: KeeperHooks, limits: KeeperLimits = KEEPER_LIMITS) {
    this.name = name;
    this.#launch = launch;
    this.#hooks = hooks;
    this.#limits = limits;
  }

  get state(): KeeperState {
    return this.#state;
  }

  /** What runs now, or null. */
  get current(): R | null {
    return this.#current;
  }

  /** How long it has been in its state. */
  get sinceMs(): number {
    return this.#hooks.now() - this.#sinceMs;
  }

  /** Starts it for the first time. A failure is passed on and not tried again: it is most likely a setting. */
  async start(): Promise<R> {
    this.#wanted = true;
    this.#become("starting");
    try {
      return await this.#launchNow();
    } catch (error) {
      this.#wanted = false;
      this.#become("failed");
      throw error;
    }
  }

  /** Stops it for good; one that is just being started is stopped as soon as it is there. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#stopping.abort();
    await this.#launching?.catch(() => undefined);
    await this.#current?.stop();
    if (this.#state !== "failed") this.#become("stopped");
  }

  /** Ends it at once, and for good. */
  kill(): void {
    this.#wanted = false;
    this.#stopping.abort();
    this.#current?.kill();
  }

  #become(state: KeeperState): void {
    this.#state = state;
    this.#sinceMs = this.#hooks.now();
  }

  #launchNow(): Promise<R> {
    this.#launching = this.#launchAndKeep();
    return this.#launching.finally(() => (this.#launching = null));
  }

  async #launchAndKeep(): Promise<R> {
    const running = await this.#launch();
    this.#current = running;
    this.#become("running");
    void running.ended.then((how) => {
      this.#current = null;
      if (this.#wanted) void this.#again(`ended (${how})`);
    });
    return running;
  }

  async #again(what: string): Promise<void> {
    const failure = this.#countFailure();
    if (failure >= this.#limits.failuresMax) {
      this.#wanted = false;
      this.#become("failed");
      this.#hooks.gaveUp(`${this.name} ${what}, the ${failure}th time in ${Math.round(this.#limits.withinMs / 1000)} s`);
      return;
    }
    const pauseMs = Math.min(this.#limits.pauseMs * 2 ** (failure - 1), this.#limits.pauseMsMax);
    this.#become("waiting");
    this.#hooks.report(`${this.name} ${what}; starting it again in ${(pauseMs / 1000).toFixed(1)} s`);
    await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    if (!this.#wanted) return;
    this.#become("starting");
    try {
      await this.#launchNow();
      if (this.#wanted) this.#hooks.report(`${this.name} is back`);
    } catch (error) {
      if (this.#wanted) await this.#again(`did not start: ${this.#hooks.describe(error)}`);
    }
  }

  #countFailure(): number {
    const now = this.#hooks.now();
    this.#failures = [...this.#failures.filter((at) => now - at < this.#limits.withinMs), now];
    return this.#failures.length;
  }
}
