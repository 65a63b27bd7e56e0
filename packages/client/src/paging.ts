import { SallyportClientError } from "./client-error.ts";

interface Paged {
  readonly next: string | null;
}
interface Listed<T> extends Paged {
  readonly items: readonly T[];
}
type Cursored = { cursor?: string | undefined };

/**
 * Goes through a list page by page: `pages(api.subjects.list.query, { study })`. Each page is a call of its own, with its
 * own decision and record; nothing is fetched before it is asked for.
 *
 * @throws SallyportClientError `internal` if the api hands out a cursor twice in a row.
 */
export async function* pages<I extends Cursored, O extends Paged>(call: (input: I) => Promise<O>, input: Omit<I, "cursor">): AsyncGenerator<O, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: O = await call({ ...input, ...(cursor !== null && { cursor }) } as I);
    if (page.next !== null && page.next === cursor) throw new SallyportClientError("internal");
    yield page;
    cursor = page.next;
  } while (cursor !== null);
}

/** Goes through a list item by item, fetching pages as they are needed. */
export async function* items<I extends Cursored, T>(call: (input: I) => Promise<Listed<T>>, input: Omit<I, "cursor">): AsyncGenerator<T, void, undefined> {
  for await (const page of pages(call, input)) yield* page.items;
}
