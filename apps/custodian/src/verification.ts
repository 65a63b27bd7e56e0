import { Worker } from "node:worker_threads";
import type { DeepWork } from "@sallyport/audit";
import type { Verdict } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { openGeneration, type TrailIncidents } from "@sallyport/custody/incidents";
import { auditKeyOf } from "./seal.ts";
import type { Store } from "./store.ts";

/** Runs a deep verification elsewhere than on the thread that seals, and hands over each chain's verdict when it has it. */
export type DeepRunner = (work: DeepWork, take: (verdict: Verdict) => void) => Promise<void>;

/** In a worker thread, with a connection of its own. */
export const workerRunner =
  (databaseUrl: string): DeepRunner =>
  (work, take) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./verify-worker.js", import.meta.url), { workerData: { ...work, databaseUrl } });
      worker.on("message", take);
      worker.once("error", (error) => reject(new SallyportError("trail.unavailable", {}, error)));
      worker.once("exit", (code) => (code === 0 ? resolve() : reject(new SallyportError("trail.unavailable", { worker: code }))));
    });

/** Verifies chains from their first record; one run at a time, since each reads everything. */
export class Verification {
  readonly #store: Store;
  readonly #incidents: TrailIncidents;
  readonly #run: DeepRunner;
  readonly #waiting = new Map<string, Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, incidents: TrailIncidents, run: DeepRunner) {
    this.#store = store;
    this.#incidents = incidents;
    this.#run = run;
  }

  /** Resolves when the verdicts of these chains are known; null for all chains. @throws `trail.unavailable`. */
  verify(chains: readonly string[] | null): Promise<void> {
    // Whoever asks for what is waiting to be run already gets that run: a queue of the same question answers nobody sooner.
    const asked = chains === null ? "*" : [...chains].sort().join(" ");
    const waiting = this.#waiting.get(asked);
    if (waiting !== undefined) return waiting;
    const turn = this.#turn.then(async () => {
      this.#waiting.delete(asked);
      let taken: Promise<unknown> = Promise.resolve();
      const failures: unknown[] = [];
      await this.#run(this.#work(chains), (verdict) => {
        // One that can't be taken in doesn't keep the others from it.
        taken = taken.then(() => this.#incidents.take(verdict, "verification")).catch((error: unknown) => failures.push(error));
      });
      await taken;
      if (failures.length > 0) throw failures[0];
    });
    this.#waiting.set(asked, turn);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #work(chains: readonly string[] | null): DeepWork {
    const marks = [...this.#store.all("mark").values()].map(({ chain, generation, size, mac }) => ({ chain, generation, size, mac }));
    const unmarked = (chains ?? [])
      .filter((name) => marks.every(({ chain }) => chain !== name))
      .map((chain) => ({ chain, generation: openGeneration(this.#store, chain), size: 0, mac: "" }));
    return { deployment: this.#store.deployment.deployment, auditKey: auditKeyOf(this.#store), chains, marks: [...marks, ...unmarked] };
  }
}
