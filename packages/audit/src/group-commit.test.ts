import { createHmac } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { afterEach, expect, test } from "vitest";
import {
  encodeRecord,
  type GroupCommitLimits,
  GroupCommitTrail,
  type Head,
  parseBody,
  type RecordDraft,
  type SealBatch,
  type SealedRecord,
  type Sealer,
  type TrailStore,
  ZERO_MAC,
} from "./index.ts";

const AT = "2026-01-02T03:04:05.000Z";
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const draftOf = (id: string, chain = "system"): RecordDraft => ({
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

/** A store whose every step a test can replace. */
class ScriptedStore implements TrailStore<SealedRecord[]> {
  readonly records: SealedRecord[] = [];
  /** Done in place of the next inserts at the head, first come first served. */
  readonly inserts: ((append: () => "stored" | "moved") => Promise<"stored" | "moved">)[] = [];
  /** Done around the next transactions' commits. */
  readonly commits: ((commit: () => void) => Promise<void>)[] = [];

  head(): Head {
    const last = this.records.at(-1);
    return { chain: "system", generation: 1, seq: last?.seq ?? 0, mac: last?.mac ?? ZERO_MAC };
  }
  heads(): Promise<readonly Head[]> {
    return Promise.resolve([this.head()]);
  }
  async insertAtHead(expected: Head, records: readonly SealedRecord[]): Promise<"stored" | "moved"> {
    const append = (): "stored" | "moved" => {
      if (this.head().mac !== expected.mac) return "moved";
      this.records.push(...records);
      return "stored";
    };
    return (await this.inserts.shift()?.(append)) ?? append();
  }
  holds(record: SealedRecord): Promise<boolean> {
    return Promise.resolve(this.records.some(({ mac }) => mac === record.mac));
  }
  async transaction<T>(work: (tx: SealedRecord[]) => Promise<T>): Promise<T> {
    const written: SealedRecord[] = [];
    const result = await work(written);
    const commit = (): void => void this.records.push(...written);
    const scripted = this.commits.shift();
    if (scripted === undefined) commit();
    else await scripted(commit);
    return result;
  }
  lockHeads(): Promise<readonly Head[]> {
    return Promise.resolve([this.head()]);
  }
  insertLocked(tx: SealedRecord[], records: readonly SealedRecord[]): Promise<void> {
    tx.push(...records);
    return Promise.resolve();
  }
  openGeneration(): Promise<boolean> {
    return Promise.resolve(false);
  }

  openChain(): Promise<boolean> {
    return Promise.resolve(false);
  }
  get ids(): readonly string[] {
    return this.records.map(({ body }) => parseBody(body).request_id);
  }
}

/** Each seal has its own time, so the same draft sealed again is another record. */
let sealed = 0;
const sealer: Sealer = {
  seal: (batches: readonly SealBatch[]) => {
    const timestampUtc = new Date(Date.parse(AT) + sealed++).toISOString();
    return Promise.resolve(
      batches.map(({ head, drafts }) => {
        let prevMac = head.mac;
        const macs = drafts.map((draft, index) => {
          prevMac = createHmac("sha256", "k")
            .update(encodeRecord(draft, { deployment: "d", generation: 1, seq: head.seq + index + 1, timestampUtc, prevMac }))
            .digest("hex");
          return prevMac;
        });
        return { timestampUtc, macs };
      }),
    );
  },
};

const trails: GroupCommitTrail<SealedRecord[]>[] = [];
function trailOver(store: ScriptedStore, limits: Partial<GroupCommitLimits> = {}, seals: Sealer = sealer): GroupCommitTrail<SealedRecord[]> {
  const trail = new GroupCommitTrail<SealedRecord[]>({
    store,
    sealer: seals,
    deployment: "d",
    now: () => Date.UTC(2026, 0, 1),
    probeMs: 10,
    limits: { deadlineMs: 500, ...limits },
  });
  trails.push(trail);
  return trail;
}
afterEach(async () => {
  await Promise.all(trails.splice(0).map((trail) => trail.close()));
});

const lost = (): never => {
  throw new SallyportError("trail.unavailable", { sqlstate: "CONNECTION_CLOSED" });
};

test("a run that commits after its answer was lost, and after the try that followed was rolled back, is there once", async () => {
  const store = new ScriptedStore();
  let late: () => void = () => undefined;
  store.inserts.push((append) => {
    late = () => void append();
    return lost();
  });
  store.commits.push(() => {
    // The second try is lost before its commit; only now the first one reaches the database.
    late();
    return lost();
  });
  const receipt = await trailOver(store).append(draftOf("one"));
  expect(store.ids).toEqual(["one"]);
  expect(receipt.mac).toBe(store.records[0]?.mac);
});

test("a run whose connection was lost before the commit is stored by the next try, and can't come back", async () => {
  const store = new ScriptedStore();
  let late: () => string = () => "not sent";
  store.inserts.push((append) => {
    late = append;
    return lost();
  });
  await trailOver(store).append(draftOf("one"));
  expect(late()).toBe("moved");
  expect(store.ids).toEqual(["one"]);
});

test("what the store itself refused is refused at once, not at the deadline", async () => {
  const store = new ScriptedStore();
  store.inserts.push(() => {
    throw new SallyportError("trail.unavailable", { sqlstate: "25006", undone: true });
  });
  const startedMs = performance.now();
  await expect(trailOver(store, { deadlineMs: 5000 }).append(draftOf("one"))).rejects.toMatchObject({ code: "trail.unavailable" });
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

test("an append that the store leaves unanswered is refused at its deadline", async () => {
  const store = new ScriptedStore();
  store.inserts.push(() => sleep(300).then(() => "stored" as const));
  const startedMs = performance.now();
  await expect(trailOver(store, { deadlineMs: 100 }).append(draftOf("one"))).rejects.toMatchObject({ code: "trail.unavailable" });
  expect(performance.now() - startedMs).toBeLessThan(250);
});

test("a queue that is full refuses at once and keeps what it has", async () => {
  const store = new ScriptedStore();
  store.inserts.push((append) => sleep(50).then(append));
  const trail = trailOver(store, { waitingMax: 3 });
  const outcomes = await Promise.allSettled(["a", "b", "c", "d"].map((id) => trail.append(draftOf(id))));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
  expect(outcomes[3]).toMatchObject({ reason: { code: "service.busy" } });
  expect(store.ids).toEqual(["a", "b", "c"]);
});

test("a draft that no record can hold is refused alone", async () => {
  const store = new ScriptedStore();
  const trail = trailOver(store);
  const outcomes = await Promise.allSettled([
    trail.append(draftOf("a")),
    trail.append({ ...draftOf("b"), detail: "é" }),
    trail.append({ ...draftOf("c"), detail: "x".repeat(70_000) }),
    trail.append(draftOf("d")),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "trail.unrepresentable" } });
  expect(outcomes[2]).toMatchObject({ reason: { code: "trail.unrepresentable" } });
  expect(store.ids).toEqual(["a", "d"]);
});

test.each([
  ["refuses", { seal: () => Promise.reject(new SallyportError("verb.refused")) }],
  ["answers too few MACs", { seal: () => Promise.resolve([{ timestampUtc: AT, macs: [] }]) }],
  ["answers what is no MAC", { seal: () => Promise.resolve([{ timestampUtc: AT, macs: ["A".repeat(64)] }]) }],
  ["answers nothing", { seal: () => Promise.resolve([]) }],
  ["never answers", { seal: () => new Promise<never>(() => undefined) }],
] satisfies [string, Sealer][])("nothing is stored where the custodian %s", async (_, broken) => {
  const store = new ScriptedStore();
  const trail = trailOver(store, { sealMs: 50, lockedSealMs: 50 }, broken);
  await expect(trail.append(draftOf("a"))).rejects.toMatchObject({ code: "trail.unavailable" });
  await expect(trail.inTransaction((_tx, appendLast) => appendLast([draftOf("b")]))).rejects.toMatchObject({ code: "trail.unavailable" });
  expect(store.records).toEqual([]);
});

test("a transaction's own failure is thrown as it is, and nothing is appended", async () => {
  const store = new ScriptedStore();
  const failure = new SallyportError("packet.state");
  const appended = trailOver(store).inTransaction(async (_tx, appendLast) => {
    await appendLast([draftOf("a")]);
    throw failure;
  });
  await expect(appended).rejects.toBe(failure);
  expect(store.records).toEqual([]);
});

test("a transaction appends once", async () => {
  const store = new ScriptedStore();
  const twice = trailOver(store).inTransaction(async (_tx, appendLast) => {
    await appendLast([draftOf("a")]);
    return appendLast([draftOf("b")]);
  });
  await expect(twice).rejects.toThrow(TypeError);
  expect(store.records).toEqual([]);
});

test("appends go on while transactions on the same chain wait for their turn", async () => {
  const store = new ScriptedStore();
  const trail = trailOver(store);
  const mixed = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? trail.inTransaction((_tx, appendLast) => appendLast([draftOf(`t${n}`)])) : trail.append(draftOf(`a${n}`))));
  await Promise.all(mixed);
  expect(store.records.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
});

test("an outage is recorded without waiting for the next caller, and its own attempts do not count", async () => {
  const store = new ScriptedStore();
  let isOut = true;
  const flaky: Sealer = { seal: (batches, deadlineMs) => (isOut ? Promise.reject(new SallyportError("trail.unavailable")) : sealer.seal(batches, deadlineMs)) };
  const trail = trailOver(store, {}, flaky);
  await Promise.allSettled([trail.append(draftOf("a")), trail.append(draftOf("b")), trail.append(draftOf("c"))]);
  await sleep(50);
  expect(trail.outage).toMatchObject({ refused: 3 });
  isOut = false;
  await expect.poll(() => trail.outage).toBeNull();
  expect(store.records.map(({ body }) => parseBody(body)).map(({ action, detail }) => `${action} ${detail}`)).toEqual([
    "trail.outage from=2026-01-01T00:00:00.000Z to=2026-01-01T00:00:00.000Z refused_at_least=3",
  ]);
});

test("a closed trail refuses, after it has answered what it had", async () => {
  const store = new ScriptedStore();
  const trail = trailOver(store);
  const last = trail.append(draftOf("a"));
  await trail.close();
  await expect(last).resolves.toMatchObject({ seq: 1 });
  await expect(trail.append(draftOf("b"))).rejects.toMatchObject({ code: "service.stopping" });
});

test("a head that another process has moved past a checkpoint is read anew: the append that finds out is recorded, and so is the next", async () => {
  const store = new ScriptedStore();
  // As the custodian does: below what is signed, nothing is sealed.
  let signed = 0;
  const seals: Sealer = {
    seal: (batches, deadlineMs) => (batches.some(({ head }) => head.seq < signed) ? Promise.reject(new SallyportError("verb.refused")) : sealer.seal(batches, deadlineMs)),
  };
  const [one, other] = [trailOver(store, {}, seals), trailOver(store, {}, seals)];
  await one.append(draftOf("a"));
  await other.append(draftOf("b"));
  await other.append(draftOf("c"));
  signed = 3;
  await one.append(draftOf("d"));
  await one.append(draftOf("e"));
  expect(store.ids).toEqual(["a", "b", "c", "d", "e"]);
});

test("a run that the custodian refuses at the head as it stands is refused, and nothing of it is written", async () => {
  const store = new ScriptedStore();
  let isRefusing = false;
  const seals: Sealer = { seal: (batches, deadlineMs) => (isRefusing ? Promise.reject(new SallyportError("verb.refused")) : sealer.seal(batches, deadlineMs)) };
  const trail = trailOver(store, {}, seals);
  await trail.append(draftOf("a"));
  isRefusing = true;
  await expect(trail.append(draftOf("b"))).rejects.toMatchObject({ code: "trail.unavailable" });
  isRefusing = false;
  await trail.append(draftOf("c"));
  expect(store.ids).toEqual(["a", "c"]);
});
