import { expect, test } from "vitest";
import { chunksOf } from "./stored-files.ts";

const CHUNKS = 100;

/** A file of so many chunks, and what was asked of it. */
function file(chunks = CHUNKS) {
  const asked: number[] = [];
  let underWay = 0;
  return {
    asked,
    underWay: () => underWay,
    ask: async ({ from, limit }: { readonly from: number; readonly limit: number }): Promise<readonly Buffer[]> => {
      asked.push(from);
      underWay += 1;
      await new Promise((settle) => setTimeout(settle, 2));
      underWay -= 1;
      return Array.from({ length: Math.max(0, Math.min(limit, chunks - from)) }, (_, at) => Buffer.from([from + at]));
    },
  };
}

test.each([0, 1, 7, 8, 9, 16, CHUNKS])("%i chunks come in order, and each is asked for once", async (chunks) => {
  const { ask, asked } = file(chunks);
  const read: number[] = [];
  for await (const chunk of chunksOf(1, ask)) read.push(chunk[0] ?? -1);
  expect(read).toEqual(Array.from({ length: chunks }, (_, at) => at));
  expect(asked).toEqual(Array.from({ length: Math.floor(chunks / 8) + 1 }, (_, at) => at * 8));
});

test("no more than the next ones are asked for ahead, and a reader who stops leaves nothing under way", async () => {
  const { ask, asked, underWay } = file();
  let read = 0;
  for await (const _ of chunksOf(1, ask)) {
    read += 1;
    expect(asked.length * 8).toBeLessThanOrEqual(read + 16);
    if (read === 20) break;
  }
  expect(underWay()).toBe(0);
  expect(asked).toEqual([0, 8, 16, 24]);
});

test("what can't be read is met where it is read", async () => {
  const { ask } = file();
  const read: number[] = [];
  const failing = chunksOf(1, (part) => (part.from === 16 ? Promise.reject(new Error("away")) : ask(part)));
  await expect(
    (async () => {
      for await (const chunk of failing) read.push(chunk[0] ?? -1);
    })(),
  ).rejects.toThrow("away");
  expect(read).toHaveLength(16);
});
