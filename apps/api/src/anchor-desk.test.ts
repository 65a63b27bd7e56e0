import { setTimeout } from "node:timers/promises";
import type { Anchor } from "@sallyport/anchors";
import type { Trail } from "@sallyport/api";
import { consistencyProof, type Head, leafHash, merkleRoot, type RecordDraft } from "@sallyport/audit";
import type { StoredAnchor, StoredCheckpoint } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";
import type { RaisedAlert } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { alertingAppend } from "./alerting-append.ts";
import { AnchorDesk, type AnchorDeskDeps } from "./anchor-desk.ts";

const MAC = "0".repeat(64);

const LEAVES = Array.from({ length: 20 }, (_, index) => leafHash(`line ${index}`));

/** One chain that grows, its checkpoints, and one witness that can be away. */
class World {
  nowMs = 1_000_000;
  size = 0;
  isAway = false;
  readonly checkpoints: (StoredCheckpoint & { readonly storedAtMs: number })[] = [];
  readonly stored: (StoredAnchor & { readonly atMs: number })[] = [];
  readonly events: string[] = [];
  readonly asked: number[] = [];
  /** As they are stored: what the proofs are made of. */
  leaves = LEAVES;

  readonly witness: Anchor = {
    kind: "witness",
    name: "witness.example/w1",
    hold: ({ size }, { anchored }) => {
      this.asked.push(anchored);
      return this.isAway ? Promise.reject(new SallyportError("anchor.unavailable")) : Promise.resolve(`cosigned ${size}`);
    },
  };

  grow(by: number): void {
    this.size += by;
    this.checkpoints.push({
      chain: "system",
      generation: 1,
      size: this.size,
      root: merkleRoot(LEAVES.slice(0, this.size)).toString("hex"),
      note: `note ${this.size}`,
      storedAtMs: this.nowMs,
    });
  }

  desk(
    mode: "best-effort" | "required",
    anchors: readonly Anchor[] = [this.witness],
    heads: readonly Head[] = [{ chain: "system", generation: 1, seq: Number.MAX_SAFE_INTEGER, mac: MAC }],
  ): AnchorDesk {
    const deps: AnchorDeskDeps = {
      plan: { mode, unanchoredSecondsMax: 300 },
      anchors,
      heads: async () => heads,
      checkpoints: {
        latest: async () => this.checkpoints.at(-1) ?? null,
        covering: async (_chain, _generation, seq) => this.checkpoints.find(({ size }) => size >= seq) ?? null,
      },
      store: {
        insert: async (anchor) => void this.stored.push({ ...anchor, atMs: this.nowMs }),
        standing: async (_chains, kind, name) => this.stored.filter((each) => each.kind === kind && each.name === name).slice(-1),
      },
      trees: { tiles: () => (_level, _index, size) => Promise.resolve(Buffer.concat(this.leaves.slice(0, size))) },
      log: { event: (name, facts) => void this.events.push(`${name} ${JSON.stringify(facts)}`) },
      now: () => this.nowMs,
    };
    return new AnchorDesk(deps);
  }
}

faultTest("A12", "while no witness is reached acts go on up to the limit, then those with evidence are refused until it is back", async (defence) => {
  const world = new World();
  const desk = world.desk(defence === "on" ? "required" : "best-effort");
  world.grow(5);
  await desk.run();
  world.isAway = true;
  world.grow(5);
  await desk.run();
  world.nowMs += 299_000;
  world.grow(5);
  await desk.run();
  desk.assertWithin();
  world.nowMs += 2000;
  expect(() => desk.assertWithin()).toThrow(expect.objectContaining({ code: "trail.unanchored" }) as Error);
  // The witness's absence is told once, not at each round.
  expect(world.events).toHaveLength(1);
  world.isAway = false;
  await desk.run();
  desk.assertWithin();
  expect(world.stored.at(-1)).toMatchObject({ size: 15, kind: "witness" });
});

test("a witness is asked from where it was, and not at all where it has everything", async () => {
  const world = new World();
  const desk = world.desk("best-effort");
  world.grow(5);
  await desk.run();
  await desk.run();
  world.grow(2);
  await desk.run();
  expect(world.asked).toEqual([0, 5]);
  expect((await desk.states(["system"])).get("system")).toEqual([{ kind: "witness", name: "witness.example/w1", size: 7, at: new Date(world.nowMs).toISOString(), failure: null }]);
});

test("a restart knows from what is stored that the limit has passed", async () => {
  const world = new World();
  world.grow(5);
  world.isAway = true;
  world.nowMs += 301_000;
  const desk = world.desk("required");
  await desk.measure();
  expect(() => desk.assertWithin()).toThrow();
});

test("an act that waits has its chain anchored before its answer, and is told who has it", async () => {
  const world = new World();
  const desk = world.desk("required");
  world.grow(3);
  expect(await desk.holdNow(["system"])).toEqual(new Map([["system", ["witness.example/w1"]]]));
  world.isAway = true;
  world.grow(3);
  expect(await desk.holdNow(["system"])).toEqual(new Map([["system", []]]));
  expect(await world.desk("best-effort").holdNow(["system"])).toEqual(new Map());
});

test("a time stamp is no anchor beside one that keeps a checkpoint, and is one where nothing else does", async () => {
  const world = new World();
  world.isAway = true;
  const stamp: Anchor = { kind: "timestamp", name: "tsa.example", hold: () => Promise.resolve("token") };
  const [beside, alone] = [world.desk("required", [world.witness, stamp]), world.desk("required", [stamp])];
  world.grow(3);
  await beside.run();
  await alone.run();
  world.nowMs += 301_000;
  expect(() => beside.assertWithin()).toThrow();
  alone.assertWithin();
});

test("before an export the witnesses are asked for the newest checkpoint, whether or not acts wait for them, and one that is away keeps nothing", async () => {
  const world = new World();
  const folder: Anchor = { kind: "folder", name: "worm", hold: () => Promise.reject(new Error("not asked")) };
  const desk = world.desk("best-effort", [world.witness, folder]);
  world.grow(5);
  await desk.cosignNow("system");
  expect(world.stored).toMatchObject([{ kind: "witness", size: 5 }]);
  // What it has already isn't asked for again.
  await desk.cosignNow("system");
  await desk.cosignNow("site:S/701");
  expect(world.asked).toEqual([0]);
  world.isAway = true;
  world.grow(3);
  await desk.cosignNow("system");
  expect(world.stored).toHaveLength(1);
});

/** A witness as the protocol has it: what it has grows, and whoever comes with less is told so. An odd size is slow on its way. */
class OvertakingWitness implements Anchor {
  readonly kind = "witness";
  readonly name = "witness.example/w2";
  has = 0;
  refused = 0;
  under = 0;
  underMost = 0;

  async hold({ size }: { readonly size: number }): Promise<string> {
    this.underMost = Math.max(this.underMost, (this.under += 1));
    await setTimeout(size % 2 === 1 ? 12 : 1);
    this.under -= 1;
    if (this.has > size) {
      this.refused += 1;
      throw new SallyportError("anchor.refused", { why: "ahead", size: this.has });
    }
    this.has = size;
    return `cosigned ${size}`;
  }
}

const failureOf = async (desk: AnchorDesk) => (await desk.states(["system"])).get("system")?.[0]?.failure;

test("who asks the same witness beside each other isn't told of another history, within a process", async () => {
  const world = new World();
  const witness = new OvertakingWitness();
  const desk = world.desk("required", [witness]);
  const asking: Promise<unknown>[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    world.grow(1);
    asking.push(desk.run(), desk.holdNow(["system"]), desk.cosignNow("system"));
    await setTimeout(3);
  }
  await Promise.all(asking);
  expect(witness.underMost).toBe(1);
  expect(world.events).toEqual([]);
  expect(await failureOf(desk)).toBeNull();
  expect(world.stored.at(-1)?.size).toBe(10);
});

test("nor between two: whose checkpoint was overtaken on its way brings the newest, and what failed is over once another has brought it", async () => {
  const world = new World();
  const witness = new OvertakingWitness();
  const [one, other] = [world.desk("required", [witness]), world.desk("required", [witness])];
  for (let turn = 0; turn < 6; turn += 1) {
    world.grow(1);
    const late = one.holdNow(["system"]);
    await setTimeout(3);
    world.grow(1);
    await other.holdNow(["system"]);
    expect((await late).get("system")).toEqual([witness.name]);
  }
  expect(witness.refused).toBeGreaterThan(0);
  expect(world.events).toEqual([]);
  world.isAway = true;
  const away = world.desk("best-effort");
  await away.run();
  expect(await failureOf(away)).toBe("anchor.unavailable");
  world.isAway = false;
  await world.desk("best-effort").run();
  await away.run();
  expect(await failureOf(away)).toBeNull();
});

test("a witness that really has more than is stored refuses, which stays on view while it is away, until it holds what there is", async () => {
  const world = new World();
  let answer = new SallyportError("anchor.refused", { why: "ahead", size: 9 });
  const desk = world.desk("best-effort", [{ ...world.witness, hold: () => Promise.reject(answer) }]);
  world.grow(5);
  await desk.run();
  expect(await failureOf(desk)).toBe("anchor.refused");
  answer = new SallyportError("anchor.unavailable", { why: "unreached" });
  await desk.run();
  expect(await failureOf(desk)).toBe("anchor.refused");
  expect(world.events).toHaveLength(1);
});

faultTest("A5", "that an anchor knows of another history goes on record, and somebody is told, once a day for as long as it lasts", async (defence) => {
  const world = new World();
  const records: RecordDraft[] = [];
  const alerts: RaisedAlert[] = [];
  const trail: Trail<null> = {
    append: async (draft) => ({ chain: draft.chain, generation: 1, seq: records.push(draft), mac: MAC }),
    inTransaction: (work) => work(null, (drafts) => Promise.all(drafts.map((draft) => trail.append(draft)))),
  };
  const raise = async (_tx: null, alert: RaisedAlert): Promise<string> => (alerts.push(alert), alert.key);
  const append = defence === "on" ? alertingAppend(trail, { raise }, () => world.nowMs) : (draft: RecordDraft) => trail.append(draft);
  const witness: Anchor = { ...world.witness, hold: () => Promise.reject(new SallyportError("anchor.refused", { why: "ahead", size: 9 })) };
  const desk = world.desk("best-effort", [witness]);
  world.grow(5);
  await desk.report(append);
  expect(records).toEqual([]);
  for (const hours of [0, 1, 24]) {
    world.nowMs += hours * 3_600_000;
    await desk.run();
    // The trail is away once: that is met again.
    await desk.report(() => Promise.reject(new SallyportError("trail.unavailable")));
    await desk.report(append);
  }
  expect(records).toHaveLength(2);
  expect(records[0]).toMatchObject({ chain: "system", action: "anchor.refused", resource: "anchor/witness.example/w1", detail: "kind=witness;chain=system;why=ahead" });
  expect(alerts).toMatchObject([1, 2].map(() => ({ kind: "anchor.refused", chain: "system", about: "anchor/witness.example/w1" })));
  expect(new Set(alerts.map(({ key }) => key)).size).toBe(2);
});

test("that nobody has taken a checkpoint for too long is known in best effort too, though acts go on", async () => {
  const world = new World();
  const desk = world.desk("best-effort");
  world.isAway = true;
  world.grow(5);
  await desk.run();
  expect(desk.isBehind()).toBe(false);
  world.nowMs += 301_000;
  expect(desk.isBehind()).toBe(true);
  desk.assertWithin();
  world.isAway = false;
  await desk.run();
  expect(desk.isBehind()).toBe(false);
});

test("an anchor that doesn't answer is asked once a round, whatever number of chains there is; one that answers that it can't, for each", async () => {
  const world = new World();
  world.grow(5);
  const heads = ["system", "site:S/1", "site:S/2"].map((chain): Head => ({ chain, generation: 1, seq: 5, mac: MAC }));
  let asked = 0;
  const roundOf = async (why: string): Promise<number> => {
    asked = 0;
    const hold = (): Promise<string> => {
      asked += 1;
      return Promise.reject(new SallyportError("anchor.unavailable", { why }));
    };
    const desk = world.desk("best-effort", [{ kind: "witness", name: "w", hold }], heads);
    await desk.run();
    expect([...(await desk.states(["system", "site:S/2"])).values()].map((states) => states[0]?.failure)).toEqual(["anchor.unavailable", "anchor.unavailable"]);
    return asked;
  };
  expect(await roundOf("unreached")).toBe(1);
  expect(await roundOf("answer")).toBe(3);
});

test("a proof leaves only where the stored tree gives what was signed: a wrong one would look like another history", async () => {
  const world = new World();
  const proofs: (readonly Buffer[])[] = [];
  const desk = world.desk("best-effort", [{ kind: "witness", name: "w", hold: async ({ size }, { anchored, prove }) => `${size} ${proofs.push(await prove(anchored || size))}` }]);
  world.grow(7);
  await desk.run();
  world.grow(4);
  await desk.run();
  expect(proofs).toEqual([[], consistencyProof(LEAVES.slice(0, 11), 7)]);
  world.grow(4);
  for (const leaves of [LEAVES.with(3, leafHash("altered")), LEAVES.slice(0, 13)]) {
    world.leaves = leaves;
    await desk.run();
    expect(await failureOf(desk)).toBe("trail.unprovable");
  }
  expect(proofs).toHaveLength(2);
  world.leaves = LEAVES;
  await desk.run();
  expect(await failureOf(desk)).toBeNull();
});
