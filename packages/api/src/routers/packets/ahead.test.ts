import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { ahead } from "./ahead.ts";

/** Items that note when they are begun and when the whole is over. */
async function* noted(log: string[], count: number, failsAt = count): AsyncGenerator<number> {
  try {
    for (let n = 0; n < count; n += 1) {
      log.push(`begun ${n}`);
      await setImmediate();
      if (n === failsAt) throw new Error("no such item");
      yield n;
    }
  } finally {
    log.push("over");
  }
}

test("each item is begun while the one before it is worked on, no more than one, and their order stays", async () => {
  const log: string[] = [];
  for await (const n of ahead(noted(log, 3))) {
    await setImmediate();
    log.push(`done ${n}`);
  }
  expect(log).toEqual(["begun 0", "begun 1", "done 0", "begun 2", "done 1", "over", "done 2"]);
});

test("an item's failure is thrown when its turn comes", async () => {
  const seen: number[] = [];
  const run = async (): Promise<void> => {
    for await (const n of ahead(noted([], 3, 1))) seen.push(n);
  };
  await expect(run()).rejects.toThrow("no such item");
  expect(seen).toEqual([0]);
});

test("nothing is under way any more when the work fails, and the failure is the work's own", async () => {
  const log: string[] = [];
  const run = async (): Promise<void> => {
    for await (const n of ahead(noted(log, 3, 1))) throw new Error(`work ${n}`);
  };
  await expect(run()).rejects.toThrow("work 0");
  expect(log).toEqual(["begun 0", "begun 1", "over"]);
});
