import { createHmac } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeRecord,
  GroupCommitTrail,
  type Head,
  parseBody,
  type Receipt,
  type RecordDraft,
  type SealBatch,
  type SealedRecord,
  type Sealer,
  type TrailStore,
  ZERO_MAC,
} from "./index.ts";

const DEPLOYMENT = "dmodel";
const macOf = (body: string): string => createHmac("sha256", "model").update(body).digest("hex");

/** Numbers from a seed: the whole run, faults included, can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const draftOf = (chain: string, id: string): RecordDraft => ({
  chain,
  principal: "p",
  role: "r",
  workload: "w",
  action: "subject.read",
  resource: "x",
  site: "-",
  decision: "allow",
  reason: "-",
  request_id: id,
  policy: "-",
  detail: "-",
});

interface ModelTx {
  readonly locked: Map<string, () => void>;
  readonly writes: (readonly SealedRecord[])[];
  isEnded: boolean;
}

/** The store as it could be at its worst: answers are lost before or after the commit, and some runs commit long after. */
class ModelStore implements TrailStore<ModelTx> {
  readonly committed = new Map<string, SealedRecord[]>();
  readonly #rows = new Map<string, Promise<void>>();
  readonly #late = new Set<Promise<void>>();
  readonly #pick: (below: number) => number;
  readonly #faults: boolean;
  /** The compare-and-set: switched off to show that the property needs it. */
  readonly #isFenced: boolean;

  constructor(chains: readonly string[], pick: (below: number) => number, options: { faults: boolean; isFenced: boolean }) {
    for (const chain of chains) this.committed.set(chain, []);
    this.#pick = pick;
    this.#faults = options.faults;
    this.#isFenced = options.isFenced;
  }

  #head(chain: string): Head {
    const last = this.committed.get(chain)?.at(-1);
    return { chain, generation: 1, seq: last?.seq ?? 0, mac: last?.mac ?? ZERO_MAC };
  }

  /** A row lock, first come first served. */
  async #lock(chain: string): Promise<() => void> {
    const before = this.#rows.get(chain) ?? Promise.resolve();
    let release!: () => void;
    this.#rows.set(
      chain,
      before.then(() => new Promise<void>((done) => (release = done))),
    );
    await before;
    await Promise.resolve();
    return () => release();
  }

  /** What happens to a statement's answer. */
  #fault(): "none" | "lost before" | "lost after" | "late" {
    if (!this.#faults) return "none";
    const n = this.#pick(10);
    return n === 0 ? "lost before" : n === 1 ? "lost after" : n === 2 ? "late" : "none";
  }

  async heads(chains: readonly string[]): Promise<readonly Head[]> {
    await sleep(this.#pick(2));
    if (this.#faults && this.#pick(20) === 0) throw new SallyportError("trail.unavailable");
    return chains.filter((chain) => this.committed.has(chain)).map((chain) => this.#head(chain));
  }

  async insertAtHead(expected: Head, records: readonly SealedRecord[]): Promise<"stored" | "moved"> {
    const fault = this.#fault();
    if (fault === "lost before") throw new SallyportError("trail.unavailable");
    const run = async (): Promise<"stored" | "moved"> => {
      const unlock = await this.#lock(expected.chain);
      try {
        await sleep(this.#pick(3));
        const head = this.#head(expected.chain);
        if (this.#isFenced && (head.seq !== expected.seq || head.mac !== expected.mac)) return "moved";
        this.committed.get(expected.chain)?.push(...records);
        return "stored";
      } finally {
        unlock();
      }
    };
    if (fault === "late") {
      const late = sleep(this.#pick(30))
        .then(run)
        .then(() => undefined);
      this.#late.add(late);
      throw new SallyportError("trail.unavailable");
    }
    const outcome = await run();
    if (fault === "lost after") throw new SallyportError("trail.unavailable");
    return outcome;
  }

  async holds(record: SealedRecord): Promise<boolean> {
    await sleep(this.#pick(2));
    return this.committed.get(record.chain)?.some(({ seq, mac }) => seq === record.seq && mac === record.mac) === true;
  }

  async transaction<T>(work: (tx: ModelTx) => Promise<T>): Promise<T> {
    const tx: ModelTx = { locked: new Map(), writes: [], isEnded: false };
    const fault = this.#fault();
    const end = (): void => {
      tx.isEnded = true;
      for (const unlock of tx.locked.values()) unlock();
    };
    const commit = (): void => {
      for (const records of tx.writes) this.committed.get(records[0]?.chain ?? "")?.push(...records);
      end();
    };
    let result: T;
    try {
      result = await work(tx);
    } catch (error) {
      end();
      throw error;
    }
    if (fault === "lost before") {
      end();
      throw new SallyportError("service.unavailable");
    }
    if (fault === "late") {
      this.#late.add(sleep(this.#pick(30)).then(commit));
      throw new SallyportError("service.unavailable");
    }
    commit();
    if (fault === "lost after") throw new SallyportError("service.unavailable");
    return result;
  }

  async lockHeads(tx: ModelTx, chains: readonly string[]): Promise<readonly Head[]> {
    for (const chain of chains) {
      const unlock = await this.#lock(chain);
      tx.locked.set(chain, unlock);
      // A transaction that was given up while it waited has its lock for a moment, and then is rolled back: it holds nothing.
      if (!tx.isEnded) continue;
      unlock();
      throw new SallyportError("trail.unavailable");
    }
    return chains.map((chain) => this.#head(chain));
  }

  async insertLocked(tx: ModelTx, records: readonly SealedRecord[]): Promise<void> {
    await sleep(this.#pick(2));
    for (const chain of new Set(records.map((record) => record.chain))) tx.writes.push(records.filter((record) => record.chain === chain));
  }

  openGeneration(): Promise<boolean> {
    return Promise.resolve(false);
  }

  openChain(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#late);
  }
}

const modelSealer = (pick: (below: number) => number, faults: boolean): Sealer => ({
  async seal(batches: readonly SealBatch[]) {
    await sleep(pick(2));
    if (faults && pick(15) === 0) throw new SallyportError("trail.unavailable");
    const timestampUtc = "2026-01-02T03:04:05.000Z";
    return batches.map(({ head, drafts }) => {
      let prevMac = head.mac;
      const macs = drafts.map(
        (draft, index) => (prevMac = macOf(encodeRecord(draft, { deployment: DEPLOYMENT, generation: head.generation, seq: head.seq + index + 1, timestampUtc, prevMac }))),
      );
      return { timestampUtc, macs };
    });
  },
});

interface Story {
  readonly seed: number;
  readonly processes: number;
  readonly acts: readonly { readonly process: number; readonly chains: readonly string[]; readonly isTransaction: boolean; readonly pauseMs: number }[];
}

const CHAINS = ["site:S/1", "site:S/2", "system"] as const;
const story: fc.Arbitrary<Story> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  processes: fc.integer({ min: 1, max: 3 }),
  acts: fc.array(
    fc.record({
      process: fc.nat({ max: 2 }),
      chains: fc.uniqueArray(fc.constantFrom(...CHAINS), { minLength: 1, maxLength: 3 }),
      isTransaction: fc.boolean(),
      pauseMs: fc.nat({ max: 3 }),
    }),
    { minLength: 5, maxLength: 60 },
  ),
});

/** Plays a story and says what is wrong with the trail afterwards. */
async function flawsOf({ seed, processes, acts }: Story, options: { faults: boolean; isFenced: boolean }): Promise<readonly string[]> {
  const pick = random(seed);
  const store = new ModelStore(CHAINS, pick, options);
  const trails = Array.from(
    { length: processes },
    () =>
      new GroupCommitTrail<ModelTx>({
        store,
        sealer: modelSealer(pick, options.faults),
        deployment: DEPLOYMENT,
        now: () => 0,
        probeMs: 10,
        limits: { deadlineMs: options.faults ? 150 : 5000, contendedMs: 20 },
      }),
  );
  const acknowledged: { id: string; receipt: Receipt }[] = [];
  const attempted: string[] = [];
  const waits: Promise<unknown>[] = [];
  for (const [index, act] of acts.entries()) {
    const trail = trails[act.process % processes];
    if (trail === undefined) continue;
    const drafts = act.chains.slice(0, act.isTransaction ? 3 : 1).map((chain) => draftOf(chain, `req-${index}-${chain}`));
    attempted.push(...drafts.map(({ request_id }) => request_id));
    const receipts = act.isTransaction ? trail.inTransaction((_, appendLast) => appendLast(drafts)) : trail.append(drafts[0] as RecordDraft).then((receipt) => [receipt]);
    waits.push(
      receipts.then(
        (answers) => answers.forEach((receipt, n) => acknowledged.push({ id: drafts[n]?.request_id ?? "", receipt })),
        (error: unknown) => expect(error).toBeInstanceOf(SallyportError),
      ),
    );
    if (act.pauseMs > 0) await sleep(act.pauseMs - 1);
  }
  await Promise.all(waits);
  await Promise.all(trails.map((trail) => trail.close()));
  await store.settle();

  const flaws: string[] = [];
  const seen = new Map<string, number>();
  for (const records of store.committed.values()) {
    let prevMac = ZERO_MAC;
    for (const [index, record] of records.entries()) {
      if (record.seq !== index + 1) flaws.push("gap or fork");
      if (record.prevMac !== prevMac || record.mac !== macOf(record.body)) flaws.push("link");
      prevMac = record.mac;
      const { request_id } = parseBody(record.body);
      seen.set(request_id, (seen.get(request_id) ?? 0) + 1);
    }
  }
  if (!options.faults && acknowledged.length !== attempted.length) flaws.push("refused without a fault");
  for (const id of attempted) if ((seen.get(id) ?? 0) > 1) flaws.push("twice");
  for (const { id, receipt } of acknowledged) {
    if (seen.get(id) !== 1) flaws.push("acknowledged, not there");
    if (!(await store.holds({ ...receipt, prevMac: "", body: "" }))) flaws.push("receipt of another record");
  }
  return flaws;
}

describe("group commit", () => {
  test("without faults acknowledges every append, each there once, without gap or fork", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        expect(await flawsOf(told, { faults: false, isFenced: true })).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test("whatever answers are lost, late or refused, leaves no gap and no fork, and every acknowledged record there exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        expect(await flawsOf(told, { faults: true, isFenced: true })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test("needs the store's compare-and-set: without it the same stories fork", async () => {
    const flaws: string[] = [];
    for (let seed = 1; seed <= 20 && flaws.length === 0; seed += 1) {
      const acts = Array.from({ length: 40 }, (_, index) => ({ process: index % 3, chains: ["system"], isTransaction: false, pauseMs: index % 3 }));
      flaws.push(...(await flawsOf({ seed, processes: 3, acts }, { faults: true, isFenced: false })));
    }
    expect(flaws).not.toEqual([]);
  });
});
