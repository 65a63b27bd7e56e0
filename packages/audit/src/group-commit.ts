import { SallyportError } from "@sallyport/errors";
import { OutageCount, outageDraft } from "./group-commit-outage.ts";
import { receiptOf, sealRuns } from "./group-commit-seal.ts";
import type { GiveBack } from "./group-commit-turn.ts";
import { ChainWriter, type GroupCommitLimits, type WriterParts } from "./group-commit-writer.ts";
import type { Head, Receipt, RecordDraft, SealedRecord, Sealer, TrailStore } from "./model.ts";
import { assertDraft } from "./record-draft.ts";
import { encodeRecord, ZERO_MAC } from "./record-encoding.ts";

export interface GroupCommitOptions<Tx> {
  readonly store: TrailStore<Tx>;
  readonly sealer: Sealer;
  /** The deployment that stands in every record. */
  readonly deployment: string;
  /** Wall clock, milliseconds since the epoch; for the record of an outage. */
  readonly now: () => number;
  /** Monotonic milliseconds, for deadlines. */
  readonly monotonic?: () => number;
  /** The workload that stands in the record of an outage. */
  readonly workload?: string;
  /** How often, during an outage, it is tried to put the outage on record. */
  readonly probeMs?: number;
  readonly limits?: Partial<GroupCommitLimits>;
}

const LIMITS: GroupCommitLimits = { deadlineMs: 2000, sealMs: 1000, lockedSealMs: 250, waitingMax: 4096, runMax: 512, missesMax: 5, contendedMs: 1000 };

/** Appends the records of an open transaction: its last act. Answers their receipts in order; they hold once it has committed. */
export type AppendLast = (drafts: readonly RecordDraft[]) => Promise<readonly Receipt[]>;

/**
 * Appends to the trail: by group commit, or inside a transaction that changes something else.
 *
 * An append either answers with a receipt, and then the record is durable, or throws. After `trail.unavailable` a record
 * may be there, never two; the act that it speaks of must not have happened, or must be rolled back.
 */
export class GroupCommitTrail<Tx> {
  readonly #options: GroupCommitOptions<Tx>;
  readonly #parts: WriterParts<Tx>;
  readonly #writers = new Map<string, ChainWriter<Tx>>();
  readonly #outage = new OutageCount();
  #probe: NodeJS.Timeout | undefined;
  #isProbing = false;
  #isClosed = false;

  constructor(options: GroupCommitOptions<Tx>) {
    this.#options = options;
    const { store, sealer, deployment, monotonic = () => performance.now() } = options;
    this.#parts = { store, sealer, deployment, monotonic, limits: { ...LIMITS, ...options.limits } };
  }

  /**
   * Appends one record and answers when it is durable.
   *
   * @throws SallyportError `trail.unrepresentable`, `trail.unavailable`, `trail.contended`, `service.busy` (too many wait),
   *   `service.stopping`.
   */
  async append(draft: RecordDraft): Promise<Receipt> {
    this.#admit([draft]);
    return this.#counted(() => this.#writer(draft.chain).append(draft));
  }

  /**
   * Runs `work` in one transaction with its records: both commit or neither. `work` calls `appendLast` once, as its last
   * act. Heads are locked in name order with `system` last, and the chains' turns in this process are held until the
   * transaction has ended. Where `appendLast` was not called, the transaction is rolled back: what is not on record does
   * not happen.
   *
   * @throws whatever `work` throws, after the rollback; SallyportError as {@link GroupCommitTrail.append}; what the
   *   store's transaction throws. If the commit itself fails, the outcome is unknown: a retry asks by its idempotency key.
   */
  async inTransaction<T>(work: (tx: Tx, appendLast: AppendLast) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SallyportError("service.stopping");
    const turns: GiveBack[] = [];
    let records: readonly SealedRecord[] | null = null;
    let isCalled = false;
    let isCommitted = false;
    let isEnded = false;
    // A turn that comes after the end (appendLast was not awaited) is given back at once.
    const take = (giveBack: GiveBack): void => {
      if (!isEnded) turns.push(giveBack);
      else giveBack();
    };
    try {
      return await this.#counted(async () => {
        const unrecorded = { value: undefined as T | undefined };
        try {
          const value = await this.#parts.store.transaction(async (tx) => {
            const result = await work(tx, async (drafts) => {
              if (isCalled) throw new TypeError("appendLast is called once");
              isCalled = true;
              this.#admit(drafts);
              records = await this.#inTime(this.#appendLocked(tx, drafts, take));
              return receiptsInOrder(drafts, records);
            });
            if (records !== null) return result;
            if (isCalled) throw new SallyportError("trail.unavailable", { why: "not appended" });
            unrecorded.value = result;
            throw unrecorded;
          });
          isCommitted = true;
          return value;
        } catch (error) {
          if (error === unrecorded) return unrecorded.value as T;
          throw error;
        }
      });
    } finally {
      isEnded = true;
      for (const head of lastOfEach(records ?? [])) this.#writer(head.chain).moved(isCommitted ? head : null);
      for (const giveBack of turns) giveBack();
    }
  }

  /**
   * Closes a chain's generation where it stands and begins the next with one record, in one transaction under the head's lock: what waits meanwhile is sealed
   * behind it.
   *
   * @param opening - The record, made once the head is locked; null where nothing is to be done after all. Its last act is awaited, so it may look what is committed.
   * @returns whether it was begun.
   * @throws SallyportError as {@link GroupCommitTrail.append}. Where the commit itself fails, the outcome is unknown: look at the head.
   */
  async openNext(chain: string, opening: (tx: Tx, head: Head) => Promise<RecordDraft | null>): Promise<boolean> {
    if (this.#isClosed) throw new SallyportError("service.stopping");
    const { store, sealer, deployment, limits } = this.#parts;
    const writer = this.#writer(chain);
    let giveBack: GiveBack | undefined;
    try {
      return await store.transaction(async (tx) => {
        giveBack = await writer.turn.take(limits.deadlineMs);
        const [head] = await store.lockHeads(tx, [chain]);
        const draft = head === undefined ? null : await opening(tx, head);
        if (head === undefined || draft === null) return false;
        this.#admit([draft]);
        const next: Head = { chain, generation: head.generation + 1, seq: 0, mac: ZERO_MAC };
        await store.openGeneration(tx, chain, next.generation);
        const [records = []] = await sealRuns(sealer, deployment, [{ head: next, drafts: [draft] }], limits.lockedSealMs);
        await store.insertLocked(tx, records);
        return true;
      });
    } finally {
      if (giveBack !== undefined) writer.moved(null);
      giveBack?.();
    }
  }

  /** What was refused and is not on record yet, or null. */
  get outage(): { readonly fromMs: number; readonly toMs: number; readonly refused: number } | null {
    return this.#outage.current;
  }

  /** Refuses new appends and waits until those in hand are answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#probe);
    while ([...this.#writers.values()].some(({ isIdle }) => !isIdle)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #appendLocked(tx: Tx, drafts: readonly RecordDraft[], take: (giveBack: GiveBack) => void): Promise<readonly SealedRecord[]> {
    const { store, sealer, deployment, limits } = this.#parts;
    const chains = [...new Set(drafts.map(({ chain }) => chain))].sort(systemLast);
    for (const chain of chains) take(await this.#writer(chain).turn.take(limits.deadlineMs));
    const heads = await store.lockHeads(tx, chains);
    const batches = chains.map((chain) => {
      const head = heads.find((each) => each.chain === chain);
      if (head === undefined) throw new SallyportError("trail.unavailable", { chain, why: "not opened" });
      return { head, drafts: drafts.filter((draft) => draft.chain === chain) };
    });
    const records = (await sealRuns(sealer, deployment, batches, limits.lockedSealMs)).flat();
    await store.insertLocked(tx, records);
    return records;
  }

  /** A transaction's records have the same time in all as an append. */
  async #inTime<R>(work: Promise<R>): Promise<R> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new SallyportError("trail.unavailable", { why: "deadline" })), this.#parts.limits.deadlineMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #writer(chain: string): ChainWriter<Tx> {
    let writer = this.#writers.get(chain);
    if (writer === undefined) {
      writer = new ChainWriter(chain, this.#parts);
      this.#writers.set(chain, writer);
    }
    return writer;
  }

  #admit(drafts: readonly RecordDraft[]): void {
    if (this.#isClosed) throw new SallyportError("service.stopping");
    if (drafts.length === 0) throw new RangeError("nothing to append");
    for (const draft of drafts) assertFits(draft, this.#parts.deployment);
  }

  /** Counts what the trail's outage refuses; what succeeds after it puts it on record. */
  async #counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#outage.current !== null) void this.#recordOutage();
      return result;
    } catch (error) {
      if (error instanceof SallyportError && error.code === "trail.unavailable") {
        this.#outage.refused(this.#options.now());
        this.#schedule();
      }
      throw error;
    }
  }

  #schedule(): void {
    if (this.#isClosed || this.#probe !== undefined) return;
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      void this.#recordOutage();
    }, this.#options.probeMs ?? 1000);
    this.#probe.unref();
  }

  async #recordOutage(): Promise<void> {
    const outage = this.#outage.current;
    if (outage === null || this.#isProbing || this.#isClosed) return;
    this.#isProbing = true;
    try {
      await this.#writer("system").append(outageDraft(outage, this.#options.workload ?? "api"));
      this.#outage.recorded(outage);
    } catch {
      // Still out. Its own attempt is none of the refused.
    } finally {
      this.#isProbing = false;
      if (this.#outage.current !== null) this.#schedule();
    }
  }
}

/** Name order, `system` last: the one order in which heads are locked. */
const systemLast = (a: string, b: string): number => Number(a === "system") - Number(b === "system") || (a < b ? -1 : 1);

/** A draft that a record can't hold is refused alone, before it could spoil a run. */
function assertFits(draft: RecordDraft, deployment: string): void {
  assertDraft(draft);
  if (Object.values(draft).reduce((sum, value) => sum + value.length, 0) < 8192) return;
  encodeRecord(draft, { deployment, generation: 999_999_999, seq: Number.MAX_SAFE_INTEGER, timestampUtc: "2000-01-01T00:00:00.000Z", prevMac: ZERO_MAC });
}

/** Receipts in the order of the drafts; records come chain by chain. */
function receiptsInOrder(drafts: readonly RecordDraft[], records: readonly SealedRecord[]): readonly Receipt[] {
  const byChain = new Map([...new Set(drafts.map(({ chain }) => chain))].map((chain) => [chain, records.filter((record) => record.chain === chain).values()]));
  return drafts.map(({ chain }) => {
    const record = byChain.get(chain)?.next().value;
    if (record === undefined) throw new SallyportError("internal", { chain });
    return receiptOf(record);
  });
}

function lastOfEach(records: readonly SealedRecord[]): readonly Head[] {
  return [...new Map(records.map(({ chain, generation, seq, mac }) => [chain, { chain, generation, seq, mac }])).values()];
}
