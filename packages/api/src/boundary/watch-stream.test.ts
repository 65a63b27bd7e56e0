import { getEventListeners } from "node:events";
import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { WatchStream } from "./watch-stream.ts";

interface World {
  readonly stream: WatchStream<number>;
  readonly ends: (string | null)[];
  readonly made: () => number;
  failure: SallyportError | null;
}

/** A watch of numbers that is asked every ten milliseconds whether it may go on. */
function watch(options: { readonly events?: (signal: AbortSignal) => AsyncIterable<number>; readonly end?: Promise<void> } = {}): World {
  let made = 0;
  async function* numbers(): AsyncGenerator<number> {
    for (;;) yield (made += 1);
  }
  const ends: (string | null)[] = [];
  const world: World = {
    ends,
    made: () => made,
    failure: null,
    stream: new WatchStream<number>({
      events: options.events ?? numbers,
      ended: () => Promise.resolve(world.failure),
      close: async (failure, events) => {
        await options.end;
        ends.push(`${failure?.code ?? "left"} ${events}`);
      },
      everyMs: 10,
    }),
  };
  return world;
}

const moment = (ms = 50): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = async function* (): AsyncGenerator<number> {
  await new Promise(() => undefined);
  yield 0;
};

test("nothing is made ahead of whoever takes it", async () => {
  const { stream, made } = watch();
  expect((await stream.next()).value).toBe(1);
  await moment();
  expect(made()).toBe(1);
  await stream.return();
});

test("however many events are taken, none leaves anything behind", async () => {
  const { stream } = watch();
  for (let n = 0; n < 100; n += 1) await stream.next();
  expect(getEventListeners(stream.signal, "abort").length).toBeLessThanOrEqual(1);
  await stream.return();
});

test("a watch whose right ends is cut while its taker waits for an event", async () => {
  const world = watch({ events: never });
  const next = world.stream.next();
  world.failure = new SallyportError("session.ended");
  await expect(next).rejects.toMatchObject({ code: "session.ended" });
  expect(world.ends).toEqual(["session.ended 0"]);
});

test("a watch whose right ends is cut while nobody takes anything, and its end is told at once", async () => {
  const world = watch();
  await world.stream.next();
  world.failure = new SallyportError("policy.denied");
  await moment();
  expect([world.stream.signal.aborted, world.ends]).toEqual([true, ["policy.denied 1"]]);
  await expect(world.stream.next()).rejects.toMatchObject({ code: "policy.denied" });
});

test("an event that was ready when the watch was cut is not given out", async () => {
  let give: (value: number) => void = () => undefined;
  const world = watch({
    events: async function* () {
      yield await new Promise<number>((resolve) => (give = resolve));
    },
  });
  const next = world.stream.next();
  world.stream.cut(new SallyportError("token.time"));
  give(7);
  await expect(next).rejects.toMatchObject({ code: "token.time" });
});

test("a taker who leaves ends the watch once, and whoever takes next waits until the end is on record", async () => {
  let recorded: () => void = () => undefined;
  const world = watch({ end: new Promise((resolve) => (recorded = resolve)) });
  await world.stream.next();
  const left = world.stream.return();
  void world.stream.return();
  await moment(10);
  expect(world.ends).toEqual([]);
  recorded();
  await left;
  expect(await world.stream.next()).toEqual({ done: true, value: undefined });
  expect(world.ends).toEqual(["left 1"]);
});

test("what its source throws ends it as that failure, and anything unforeseen as internal", async () => {
  const failing = (error: unknown) =>
    watch({
      events: async function* () {
        yield 1;
        throw error;
      },
    });
  for (const [error, code] of [
    [new SallyportError("service.busy"), "service.busy"],
    [new Error("connect 10.0.0.5"), "internal"],
  ] as const) {
    const world = failing(error);
    await world.stream.next();
    await expect(world.stream.next()).rejects.toMatchObject({ code });
    expect(world.ends).toEqual([`${code} 1`]);
  }
});

test("a source that ends by itself ends the watch without a failure", async () => {
  const world = watch({
    events: async function* () {
      yield 1;
    },
  });
  const taken: number[] = [];
  for await (const event of world.stream) taken.push(event);
  expect([taken, world.ends]).toEqual([[1], ["left 1"]]);
});
