/**
 * The same items, each begun while the one before it is still being worked on. No more than one is ever begun, and when the last of it is over nothing
 * is under way any more, also where the work or an item fails.
 */
export async function* ahead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done === true) return;
      next = items.next();
      // Until it is awaited, its failure is nobody's.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await Promise.allSettled([next]);
    await items.return(undefined);
  }
}
