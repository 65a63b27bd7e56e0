import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { acknowledgeRun, type Pending, type Run, Waiting } from "./group-commit-pending.ts";
import { sealRuns } from "./group-commit-seal.ts";
import { type GiveBack, Turn } from "./group-commit-turn.ts";
import type { Head, Receipt, RecordDraft, SealedRecord, Sealer, TrailStore } from "./model.ts";

/** Everything about group commit that a caller may set; times in milliseconds. */
export interface GroupCommitLimits {
  /** How long an append may take in all. */
  readonly deadlineMs: number;
  /** How long the custodian may take for a run while no lock is held. */
  readonly sealMs: number;
  /** How long it may take while heads are locked. */
  readonly lockedSealMs: number;
  /** How many appends of one chain may wait. */
  readonly waitingMax: number;
  /** How many records one run holds at most. */
  readonly runMax: number;
  /** How often a head may move under an append. */
  readonly missesMax: number;
  /** How long a chain stays with the row lock after another process moved its head. */
  readonly contendedMs: number;
}

export interface WriterParts<Tx> {
  readonly store: TrailStore<Tx>;
  readonly sealer: Sealer;
  readonly deployment: string;
  readonly limits: GroupCommitLimits;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
}

/** Runs in all, sealed or being inserted. A third only makes smaller runs (docs/adr: group commit). */
const RUNS_MAX = 2;
/** A queue no longer than this goes as one run: halves of it would cost more round trips than they overlap. */
const WHOLE_MAX = 8;
const RETRY_MS = 25;

interface Flight extends Run {
  outcome: "open" | "stored" | "moved" | "undone" | "unknown";
  refusal: SallyportError | null;
  done: Promise<void>;
}

/**
 * The single writer of one chain. Appends that wait together are sealed and inserted together; while one run is inserted,
 * the next is sealed, and it may be sent before the first is answered: the store's compare-and-set on the head lets it
 * commit only behind the first.
 *
 * What fails is never sealed again blindly. A run whose outcome is unknown (the connection was lost) is looked for under
 * the head's row lock: what still runs on the server can then either be seen, or be too late for ever once the head moves.
 */
export class ChainWriter<Tx> {
  readonly turn = new Turn();
  readonly #chain: string;
  readonly #parts: WriterParts<Tx>;
  readonly #waiting: Waiting;
  #queue: Pending[] = [];
  /** Where the next run goes; null where that has to be read. */
  #head: Head | null = null;
  /** Runs that may or may not be committed. */
  #suspects: Run[] = [];
  #lockedUntilMs = Number.NEGATIVE_INFINITY;
  #isRunning = false;

  constructor(chain: string, parts: WriterParts<Tx>) {
    this.#chain = chain;
    this.#parts = parts;
    this.#waiting = new Waiting(parts.monotonic);
  }

  /** Whether nothing waits here. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && !this.#isRunning;
  }

  append(draft: RecordDraft): Promise<Receipt> {
    const { deadlineMs, waitingMax } = this.#parts.limits;
    if (this.#waiting.size >= waitingMax) return Promise.reject(new SallyportError("service.busy", { chain: this.#chain }));
    const pending = this.#waiting.add(draft, deadlineMs);
    this.#queue.push(pending);
    if (!this.#isRunning) {
      this.#isRunning = true;
      // What else is appended in this turn of the event loop goes into the same run.
      setImmediate(() => void this.#work());
    }
    return pending.settled;
  }

  /** A transaction of this process moved the head to here and committed, or (null) may have. For the holder of the turn. */
  moved(head: Head | null): void {
    this.#head = head;
  }

  async #work(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const isLocked = this.#suspects.length > 0 || this.#parts.monotonic() < this.#lockedUntilMs;
        const isDone = isLocked ? await this.#lockedRound() : await this.#pipelinedRound();
        await (isDone ? nextTurn() : pause(RETRY_MS));
        this.#queue = this.#queue.filter(({ isSettled }) => !isSettled);
      }
    } catch (error) {
      this.#head = null;
      this.#queue = [];
      this.#waiting.refuseAll(refusal(error));
    } finally {
      this.#isRunning = false;
    }
  }

  /** Seals and inserts until nothing waits, a transaction wants the turn, or a run was not stored. */
  async #pipelinedRound(): Promise<boolean> {
    const giveBack = await this.turn.take(this.#parts.limits.deadlineMs);
    const flights: Flight[] = [];
    let unsent: readonly Pending[] = [];
    const hasHalted = (): boolean => flights.some(({ outcome }) => outcome !== "open" && outcome !== "stored");
    try {
      while (!hasHalted() && !this.turn.isWanted) {
        const open = flights.filter(({ outcome }) => outcome === "open");
        if (open.length >= RUNS_MAX) {
          await open[0]?.done;
          await nextTurn();
          continue;
        }
        const pendings = this.#take(open.reduce((sum, run) => sum + run.records.length, 0));
        if (pendings.length === 0) break;
        const sealed = await this.#seal(pendings);
        if (sealed === null) continue;
        if (hasHalted()) {
          unsent = pendings;
          break;
        }
        flights.splice(0, flights.length, ...flights.filter(({ outcome }) => outcome !== "stored"), this.#send(sealed.expected, { pendings, records: sealed.records }));
      }
      await Promise.all(flights.map(({ done }) => done));
      return this.#settleFlights(flights, unsent);
    } finally {
      giveBack();
    }
  }

  /** Half of what there is: the other half is sealed while this one is inserted. What is little, whole. */
  #take(inFlight: number): readonly Pending[] {
    if (this.#queue.some(({ isSettled }) => isSettled)) this.#queue = this.#queue.filter(({ isSettled }) => !isSettled);
    const half = Math.ceil((this.#queue.length + inFlight) / RUNS_MAX);
    const cap = Math.min(Math.max(half, WHOLE_MAX), this.#parts.limits.runMax);
    return this.#queue.splice(0, cap);
  }

  /**
   * Seals a run at the head, or refuses its appends and answers null: nothing of it was sent anywhere but to the custodian.
   *
   * The custodian seals nothing below what it has signed, and nothing in a generation that the chain has left. A head from before another process went on is
   * refused by it for good, so it is read anew, as long as that finds another one.
   */
  async #seal(pendings: readonly Pending[]): Promise<{ expected: Head; records: readonly SealedRecord[] } | null> {
    let refused: Head | null = null;
    for (let misses = 0; ; misses += 1) {
      let head = this.#head;
      try {
        head ??= await this.#readHead();
        return await this.#sealAt(head, pendings);
      } catch (error) {
        this.#head = null;
        const isSame = refused !== null && head?.generation === refused.generation && head.seq === refused.seq;
        if (!isRefused(error) || isSame || misses >= this.#parts.limits.missesMax) return refuseAll(pendings, error);
        refused = head;
      }
    }
  }

  async #readHead(): Promise<Head> {
    const [head] = await this.#parts.store.heads([this.#chain]);
    if (head === undefined) throw new SallyportError("trail.unavailable", { chain: this.#chain, why: "not opened" });
    return head;
  }

  async #sealAt(expected: Head, pendings: readonly Pending[]): Promise<{ expected: Head; records: readonly SealedRecord[] }> {
    const { sealer, deployment, limits } = this.#parts;
    this.#head = expected;
    const [records = []] = await sealRuns(sealer, deployment, [{ head: expected, drafts: pendings.map(({ draft }) => draft) }], limits.sealMs);
    return { expected, records };
  }

  #send(expected: Head, run: Run): Flight {
    this.#head = headAfter(run.records) ?? expected;
    const flight: Flight = { pendings: run.pendings, records: run.records, outcome: "open", refusal: null, done: Promise.resolve() };
    flight.done = this.#parts.store.insertAtHead(expected, run.records).then(
      (outcome) => {
        flight.outcome = outcome;
        if (outcome === "stored") acknowledgeRun(run);
      },
      (error: unknown) => {
        flight.refusal = refusal(error);
        flight.outcome = isUndone(error) ? "undone" : "unknown";
      },
    );
    return flight;
  }

  /** Puts back what was not stored, in its order, and says whether all was. */
  #settleFlights(flights: readonly Flight[], unsent: readonly Pending[]): boolean {
    const failed = flights.filter(({ outcome }) => outcome !== "stored");
    if (failed.length === 0) return true;
    this.#head = null;
    if (failed[0]?.outcome === "moved") this.#lockedUntilMs = this.#parts.monotonic() + this.#parts.limits.contendedMs;
    for (const flight of failed) {
      if (flight.outcome === "unknown") this.#suspects.push(flight);
      else for (const pending of flight.pendings) this.#missedOrRefused(pending, flight.refusal);
    }
    this.#putBack([...failed.flatMap(({ pendings }) => pendings), ...unsent]);
    return true;
  }

  /** One run under the head's row lock: after another process moved the head, or to learn what became of a run. */
  async #lockedRound(): Promise<boolean> {
    const { store, sealer, deployment, limits } = this.#parts;
    const pendings = this.#queue.splice(0, limits.runMax);
    let giveBack: GiveBack | undefined;
    let sent: Run | null = null;
    let isSealing = false;
    try {
      await store.transaction(async (tx) => {
        // After the transaction has its connection: who holds the turn never waits for one.
        giveBack = await this.turn.take(limits.deadlineMs);
        const [head] = await store.lockHeads(tx, [this.#chain]);
        if (head === undefined) throw new SallyportError("trail.unavailable", { chain: this.#chain, why: "not opened" });
        await this.#judgeSuspects(head);
        const live = pendings.filter(({ isSettled }) => !isSettled);
        if (live.length === 0) return;
        isSealing = true;
        const [records = []] = await sealRuns(sealer, deployment, [{ head, drafts: live.map(({ draft }) => draft) }], limits.lockedSealMs);
        isSealing = false;
        sent = { pendings: live, records };
        await store.insertLocked(tx, records);
      });
      this.#finish(sent);
      return true;
    } catch (error) {
      this.#head = null;
      this.#retry(pendings, sent, refusal(error), isSealing);
      return false;
    } finally {
      giveBack?.();
    }
  }

  /** Committed: the head is known, and what ran for an earlier head can never commit. */
  #finish(sent: Run | null): void {
    this.#head = sent === null ? null : headAfter(sent.records);
    if (sent === null) return;
    this.#suspects = [];
    acknowledgeRun(sent);
  }

  /** Under the lock of this head: a run at or below it is committed or never will be; one above may still be on its way. */
  async #judgeSuspects(head: Head): Promise<void> {
    const undecided: Run[] = [];
    for (const suspect of this.#suspects) {
      const last = suspect.records.at(-1);
      if (last === undefined || suspect.pendings.every(({ isSettled }) => isSettled)) continue;
      if (last.generation === head.generation && last.seq > head.seq) undecided.push(suspect);
      else if (await this.#parts.store.holds(last)) acknowledgeRun(suspect);
    }
    this.#suspects = undecided;
  }

  #retry(pendings: readonly Pending[], sent: Run | null, error: SallyportError, isSealing: boolean): void {
    if (sent !== null && !isUndone(error)) this.#suspects.push(sent);
    this.#suspects = this.#suspects.filter((run) => run.pendings.some(({ isSettled }) => !isSettled));
    const unknown = new Set(this.#suspects.flatMap((run) => run.pendings));
    for (const pending of pendings) {
      // What may be committed is asked for until its deadline; it must not be said to be undone.
      if (unknown.has(pending) && !isSealing) continue;
      this.#missedOrRefused(pending, error);
    }
    this.#putBack(pendings);
  }

  /** A head that moved, or is locked by another, is tried again a few times; any other refusal is final. */
  #missedOrRefused(pending: Pending, error: SallyportError | null): void {
    if (error !== null && error.code !== "trail.contended") return pending.refuse(error);
    pending.misses += 1;
    if (pending.misses >= this.#parts.limits.missesMax) pending.refuse(new SallyportError("trail.contended", { chain: this.#chain }));
  }

  #putBack(pendings: readonly Pending[]): void {
    this.#queue = [...pendings.filter(({ isSettled }) => !isSettled), ...this.#queue];
  }
}

function headAfter(records: readonly SealedRecord[]): Head | null {
  const last = records.at(-1);
  return last === undefined ? null : { chain: last.chain, generation: last.generation, seq: last.seq, mac: last.mac };
}

const PASSED: ReadonlySet<ErrorCode> = new Set(["trail.contended", "trail.unavailable", "trail.unrepresentable", "service.busy", "service.stopping"]);

/** What a caller is told: that the trail can't be written, unless there is a truer word. */
const refusal = (error: unknown): SallyportError =>
  error instanceof SallyportError && PASSED.has(error.code)
    ? error
    : new SallyportError("trail.unavailable", error instanceof SallyportError ? { ...error.context, failure: error.code } : { failure: "unexpected" });

function refuseAll(pendings: readonly Pending[], error: unknown): null {
  for (const pending of pendings) pending.refuse(refusal(error));
  return null;
}

/** Whether the custodian refused what it was asked, rather than being away. */
const isRefused = (error: unknown): boolean => error instanceof SallyportError && error.context["seal"] === "verb.refused";

/** Whether the store said that it wrote nothing. */
const isUndone = (error: unknown): boolean => error instanceof SallyportError && error.context["undone"] === true;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
