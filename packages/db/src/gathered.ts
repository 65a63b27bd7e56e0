interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls under way at once: while one is answered the next one fills. A third only makes smaller ones. */
const CALLS_MAX = 2;
const ITEMS_MAX = 64;

/**
 * Makes one call of the look-ups that wait together, and gives each its own answer. Under load a round trip is shared by many
 * callers; alone, a caller has one to itself, a turn of the event loop later. What fails, fails for those who shared it.
 *
 * @param ask - Answers as many results as it is given items, in their order.
 */
export function gathered<Item, Result>(ask: (items: readonly Item[]) => Promise<readonly Result[]>): (item: Item) => Promise<Result> {
  const queue: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let isDue = false;

  const send = async (): Promise<void> => {
    isDue = false;
    if (underWay >= CALLS_MAX || queue.length === 0) return;
    const waiting = queue.splice(0, ITEMS_MAX);
    underWay += 1;
    if (queue.length > 0) due();
    try {
      const results = await ask(waiting.map(({ item }) => item));
      if (results.length !== waiting.length) throw new TypeError("as many results as items");
      for (const [at, { resolve }] of waiting.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      underWay -= 1;
      due();
    }
  };
  const due = (): void => {
    if (isDue || queue.length === 0 || underWay >= CALLS_MAX) return;
    isDue = true;
    setImmediate(() => void send());
  };

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      due();
    });
}
