import type { KeyObject } from "node:crypto";
import type { DeepProgress, DeepWork } from "@sallyport/audit";
import type { Verdict } from "./model.ts";
import type { TrailIncidents } from "./trail-incidents.ts";
import { openGeneration, type TrailMarkStore } from "./trail-marks.ts";

/** Runs a deep verification elsewhere than on the thread that seals, hands over each chain's verdict when it has it, and says how far it is. */
export type DeepRunner = (work: DeepWork, take: (verdict: Verdict) => void, tell: (progress: DeepProgress) => void) => Promise<void>;

export interface VerificationOptions {
  readonly store: TrailMarkStore;
  readonly incidents: TrailIncidents;
  readonly run: DeepRunner;
  readonly deployment: string;
  /** The audit key in force. */
  readonly auditKey: () => KeyObject;
}

/** Verifies chains from their first record; one run at a time, since each reads everything. */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #waiting = new Map<string, Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #progress: DeepProgress | null = null;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** How far the run that is under way is; null where none is. */
  progress(): DeepProgress | null {
    return this.#progress;
  }

  /** Resolves when the verdicts of these chains are known; null for all chains. @throws `trail.unavailable`. */
  verify(chains: readonly string[] | null): Promise<void> {
    // Whoever asks for what is waiting to be run already gets that run: a queue of the same question answers nobody sooner.
    const asked = chains === null ? "*" : [...chains].sort().join(" ");
    const waiting = this.#waiting.get(asked);
    if (waiting !== undefined) return waiting;
    const turn = this.#turn.then(() => {
      this.#waiting.delete(asked);
      return this.#run(chains).finally(() => (this.#progress = null));
    });
    this.#waiting.set(asked, turn);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #run(chains: readonly string[] | null): Promise<void> {
    const { incidents, run } = this.#options;
    let taken: Promise<unknown> = Promise.resolve();
    const failures: unknown[] = [];
    const take = (verdict: Verdict): void => {
      // One that can't be taken in doesn't keep the others from it.
      taken = taken.then(() => incidents.take(verdict, "verification")).catch((error: unknown) => failures.push(error));
    };
    await run(this.#work(chains), take, (progress) => (this.#progress = progress));
    await taken;
    if (failures.length > 0) throw failures[0];
  }

  #work(chains: readonly string[] | null): DeepWork {
    const { store, deployment, auditKey } = this.#options;
    const marks = [...store.all("mark").values()].map(({ chain, generation, size, mac }) => ({ chain, generation, size, mac }));
    const unmarked = (chains ?? [])
      .filter((name) => marks.every(({ chain }) => chain !== name))
      .map((chain) => ({ chain, generation: openGeneration(store, chain), size: 0, mac: "" }));
    return { deployment, auditKey: auditKey(), chains, marks: [...marks, ...unmarked] };
  }
}
