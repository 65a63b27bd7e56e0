import { auditKeyIdIn, type DeepProgress, type DeepVerdict, type DeepWork } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { asVerified } from "./archival.ts";
import type { AuditEpochs } from "./audit-epochs.ts";
import type { TrailIncidents } from "./trail-incidents.ts";
import { markId, openGeneration, segmentId, segmentsOf, type TrailMarkStore } from "./trail-marks.ts";

/** Runs a deep verification elsewhere than on the thread that seals, hands over each chain's verdict when it has it, and says how far it is. */
export type DeepRunner = (work: DeepWork, take: (verdict: DeepVerdict) => void, tell: (progress: DeepProgress) => void) => Promise<void>;

export interface VerificationOptions {
  readonly store: TrailMarkStore;
  readonly incidents: TrailIncidents;
  readonly run: DeepRunner;
  readonly deployment: string;
  readonly epochs: Pick<AuditEpochs, "all" | "verifyingIdOf">;
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
    return this.#asked(chains === null ? "*" : [...chains].sort().join(" "), () => this.#work(chains));
  }

  /**
   * Verifies every chain, what was sealed by its seals: soon done, and so done often. A seal that doesn't hold has its segment, and what follows, verified
   * record by record, which names the record. A break that stands is lifted by a run over every record alone. @throws `trail.unavailable`.
   */
  verifyBySeals(): Promise<void> {
    return this.#asked("* by seals", () => ({ ...this.#work(null), isQuick: true }));
  }

  /** Verifies one generation now, and reads it as a bundle has it. @throws `trail.unavailable`. */
  async verifyOne(chain: string, generation: number): Promise<DeepVerdict> {
    let found: DeepVerdict | null = null;
    await this.#inTurn(() => this.#run({ ...this.#work([chain]), only: { chain, generation } }, (verdict) => (found = verdict)));
    if (found === null) throw new SallyportError("trail.unavailable", { chain });
    return found;
  }

  /** Whoever asks for what is waiting to be run already gets that run: a queue of the same question answers nobody sooner. */
  #asked(what: string, work: () => DeepWork): Promise<void> {
    const waiting = this.#waiting.get(what);
    if (waiting !== undefined) return waiting;
    const turn = this.#inTurn(() => {
      this.#waiting.delete(what);
      return this.#run(work());
    });
    this.#waiting.set(what, turn);
    return turn;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(() => work().finally(() => (this.#progress = null)));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #run(work: DeepWork, tell: (verdict: DeepVerdict) => void = () => undefined): Promise<void> {
    const { run } = this.#options;
    let taken: Promise<unknown> = Promise.resolve();
    const failures: unknown[] = [];
    const take = (verdict: DeepVerdict): void => {
      tell(verdict);
      // One that can't be taken in doesn't keep the others from it.
      taken = taken.then(() => this.#take(work, verdict)).catch((error: unknown) => failures.push(error));
    };
    await run(work, take, (progress) => (this.#progress = progress));
    await taken;
    if (failures.length > 0) throw failures[0];
  }

  async #take({ auditKeys: used }: DeepWork, { chain, generation, size, at, broken, isGone, bySeals, sealed }: DeepVerdict): Promise<void> {
    const { store, incidents, epochs } = this.#options;
    // A generation that was begun since the run was: it had no key then, and was held against another's.
    if (auditKeyIdIn(used, chain, generation) !== epochs.verifyingIdOf(chain, generation)) return;
    for (const [index, seal] of (sealed?.seals ?? []).entries()) store.put("segment", segmentId(chain, generation, (sealed?.from ?? 0) + index), seal);
    if (bySeals !== undefined && broken === null && store.get("broken", markId(chain, generation)) !== undefined) return;
    const archived = store.get("archived", markId(chain, generation));
    if (archived !== undefined && isGone === true && !archived.isGone) store.put("archived", markId(chain, generation), { ...archived, isGone });
    await incidents.take({ chain, generation, size, at, broken }, "verification", bySeals !== undefined);
  }

  #work(chains: readonly string[] | null): DeepWork {
    const { store, deployment, epochs } = this.#options;
    const marks = [...store.all("mark").values()].map(({ chain, generation, size, mac }) => ({ chain, generation, size, mac }));
    const unmarked = (chains ?? [])
      .filter((name) => marks.every(({ chain }) => chain !== name))
      .map((chain) => ({ chain, generation: openGeneration(store, chain), size: 0, mac: "" }));
    const seals = marks.map(({ chain, generation }) => ({ chain, generation, seals: segmentsOf(store, chain, generation) }));
    return { deployment, auditKeys: epochs.all(), chains, marks: [...marks, ...unmarked], archived: [...store.all("archived").values()].map(asVerified), seals };
  }
}
