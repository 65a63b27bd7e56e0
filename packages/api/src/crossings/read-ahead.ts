/**
 * Reads part by part, the next one while the one before is used, and never more: neither side waits for the other, and two parts are in memory.
 *
 * @param ask - Asks for what comes after a part, or for the first; null where nothing does.
 */
export async function* readAhead<T>(ask: (last: T | null) => Promise<T> | null): AsyncGenerator<T> {
  const asked = (last: T | null): Promise<T> | null => {
    const next = ask(last);
    // Whoever takes it meets the failure; who stops early doesn't want to know.
    next?.catch(() => undefined);
    return next;
  };
  let next = asked(null);
  try {
    while (next !== null) {
      const part: T = await next;
      next = asked(part);
      yield part;
    }
  } finally {
    // Nothing is under way any more when the reader goes on: its grant may end then.
    await next?.catch(() => undefined);
  }
}
