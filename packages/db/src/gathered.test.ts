import { describe, expect, it } from "vitest";
import { gathered } from "./gathered.ts";

/** Calls that are answered when the test says so. */
function held() {
  const calls: { readonly items: readonly number[]; answer(results: readonly string[]): void; fail(error: Error): void }[] = [];
  const ask = (items: readonly number[]): Promise<readonly string[]> => new Promise((answer, fail) => calls.push({ items, answer, fail }));
  return { calls, get: gathered(ask) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("gathered look-ups", () => {
  it("of one turn share a call, and each gets its own answer", async () => {
    const { calls, get } = held();
    const answers = Promise.all([get(1), get(2), get(3)]);
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    calls[0]?.answer(["one", "two", "three"]);
    expect(await answers).toEqual(["one", "two", "three"]);
  });

  it("fill the next call while two are under way", async () => {
    const { calls, get } = held();
    const answers: Promise<string>[] = [];
    for (const item of [1, 2, 3, 4]) {
      answers.push(get(item));
      await turn();
    }
    expect(calls.map(({ items }) => items)).toEqual([[1], [2]]);
    calls[0]?.answer(["1"]);
    await turn();
    await turn();
    expect(calls.map(({ items }) => items)).toEqual([[1], [2], [3, 4]]);
    calls[1]?.answer(["2"]);
    calls[2]?.answer(["3", "4"]);
    expect(await Promise.all(answers)).toEqual(["1", "2", "3", "4"]);
  });

  it("fail with the call that they shared, and later ones go on", async () => {
    const { calls, get } = held();
    const failed = Promise.allSettled([get(1), get(2)]);
    await turn();
    calls[0]?.fail(new Error("away"));
    expect((await failed).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const later = get(3);
    await turn();
    calls[1]?.answer(["three"]);
    expect(await later).toBe("three");
  });

  it("fail where the answers are not as many as the items", async () => {
    const { calls, get } = held();
    const answer = get(1);
    await turn();
    calls[0]?.answer([]);
    await expect(answer).rejects.toThrow(TypeError);
  });
});
