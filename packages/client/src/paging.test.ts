import { expect, test } from "vitest";
import { items, pages } from "./paging.ts";

interface Input {
  study: string;
  cursor?: string | undefined;
}
interface Page {
  items: number[];
  next: string | null;
}

function book(texts: readonly Page[]): { calls: Input[]; call: (input: Input) => Promise<Page> } {
  const calls: Input[] = [];
  return {
    calls,
    call: async (input) => {
      calls.push(input);
      return texts[calls.length - 1] ?? { items: [], next: null };
    },
  };
}

test("items come in order over all pages, each page asked for with the cursor of the one before", async () => {
  const { call, calls } = book([
    { items: [1, 2], next: "a" },
    { items: [], next: "b" },
    { items: [3], next: null },
  ]);
  const seen: number[] = [];
  for await (const item of items(call, { study: "S" })) seen.push(item);
  expect(seen).toEqual([1, 2, 3]);
  expect(calls).toEqual([{ study: "S" }, { study: "S", cursor: "a" }, { study: "S", cursor: "b" }]);
});

test("no page is fetched before it is asked for", async () => {
  const { call, calls } = book([
    { items: [1], next: "a" },
    { items: [2], next: null },
  ]);
  for await (const item of items(call, { study: "S" })) {
    expect(item).toBe(1);
    break;
  }
  expect(calls).toHaveLength(1);
});

test("a cursor that comes twice ends the list with a failure instead of going on forever", async () => {
  const { call } = book(Array.from({ length: 9 }, () => ({ items: [1], next: "a" })));
  const all = async (): Promise<void> => {
    for await (const page of pages(call, { study: "S" })) expect(page.items).toEqual([1]);
  };
  await expect(all()).rejects.toMatchObject({ code: "internal" });
});
