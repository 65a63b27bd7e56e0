import type { Anchor } from "@sallyport/anchors";
import type { Head } from "@sallyport/audit";
import type { StoredAnchor, StoredCheckpoint } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { AnchorDesk, type AnchorDeskDeps } from "./anchor-desk.ts";

const MAC = "0".repeat(64);

/** One chain that grows, its checkpoints, and one witness that can be away. */
class World {
  nowMs = 1_000_000;
  size = 0;
  isAway = false;
  readonly checkpoints: (StoredCheckpoint & { readonly storedAtMs: number })[] = [];
  readonly stored: (StoredAnchor & { readonly atMs: number })[] = [];
  readonly events: string[] = [];
  readonly asked: number[] = [];

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
    this.checkpoints.push({ chain: "system", generation: 1, size: this.size, root: MAC, note: `note ${this.size}`, storedAtMs: this.nowMs });
  }

  desk(mode: "best-effort" | "required", anchors: readonly Anchor[] = [this.witness]): AnchorDesk {
    const heads: Head[] = [];
    const deps: AnchorDeskDeps = {
      plan: { mode, unanchoredSecondsMax: 300 },
      anchors,
      heads: async () => [...heads, { chain: "system", generation: 1, seq: this.size, mac: MAC }],
      checkpoints: {
        latest: async () => this.checkpoints.at(-1) ?? null,
        covering: async (_chain, _generation, seq) => this.checkpoints.find(({ size }) => size >= seq) ?? null,
      },
      store: {
        insert: async (anchor) => void this.stored.push({ ...anchor, atMs: this.nowMs }),
        standing: async (_chains, kind, name) => this.stored.filter((each) => each.kind === kind && each.name === name).slice(-1),
      },
      trees: { tiles: () => () => Promise.resolve(Buffer.alloc(0)) },
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
