import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { EpochPoll } from "./epoch-poll.ts";

interface Snapshot {
  readonly epoch: bigint;
}

/** A store whose snapshots are answered when the test says so, and what was taken of them. */
function slowStore() {
  const store = { epoch: 1n, asked: [] as { readonly answer: (snapshot: Snapshot) => void; readonly fail: (error: unknown) => void }[] };
  const taken: bigint[] = [];
  const clock = { ms: 0 };
  const poll = new EpochPoll<Snapshot>(
    { epoch: () => Promise.resolve(store.epoch), snapshot: () => new Promise((answer, fail) => store.asked.push({ answer, fail })) },
    {
      take: ({ epoch }) => {
        if (epoch === 7n) throw new Error("planted");
        taken.push(epoch);
      },
      lose: () => taken.push(-1n),
    },
    { now: () => clock.ms },
  );
  /** Begins a read; answers what ends it. */
  const begin = async (): Promise<{ end(epoch: bigint): Promise<void>; fail(error: unknown): Promise<void> }> => {
    const at = store.asked.length;
    const done = poll.refresh();
    await Promise.resolve();
    const asked = store.asked[at];
    return {
      end: (epoch) => (asked?.answer({ epoch }), done),
      fail: (error) => (asked?.fail(error), done),
    };
  };
  return { store, taken, clock, poll, begin };
}

test("a read that began earlier and ends later never puts back what a newer one has brought", async () => {
  const { taken, begin } = slowStore();
  const [earlier, later] = [await begin(), await begin()];
  await later.end(6n);
  await earlier.end(5n);
  expect(taken).toEqual([6n]);
});

test("nor does it where what the newer one brought was nonsense", async () => {
  const { store, taken, begin } = slowStore();
  const [earlier, later] = [await begin(), await begin()];
  await later.end(7n);
  await earlier.end(6n);
  expect(taken).toEqual([-1n]);
  store.epoch = 8n;
  await (await begin()).end(8n);
  expect(taken).toEqual([-1n, 8n]);
});

test("a store that was put back grows stale, as one that can't be read does", async () => {
  const { store, taken, clock, poll, begin } = slowStore();
  await (await begin()).end(1n);
  for (const outcome of ["put back", "away"]) {
    clock.ms += 900;
    store.epoch = 0n;
    const read = await begin();
    await (outcome === "away" ? read.fail(new SallyportError("service.unavailable")) : read.end(0n));
  }
  expect(() => poll.assertFresh()).toThrow(expect.objectContaining({ code: "policy.unavailable" }));
  expect(taken).toEqual([1n]);
});

test("where the clock is put back nothing counts as fresh until the store was read again", async () => {
  const { clock, poll, begin } = slowStore();
  clock.ms = 3_600_000;
  await (await begin()).end(1n);
  poll.assertFresh();
  clock.ms = 0;
  expect(() => poll.assertFresh()).toThrow("policy.unavailable");
  await poll.refresh();
  poll.assertFresh();
  clock.ms = 1001;
  expect(() => poll.assertFresh()).toThrow("policy.unavailable");
});
