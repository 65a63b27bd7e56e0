/**
 * Waits until `look` answers something other than null or false, and answers that.
 * @throws Error with `why` at the deadline; whatever `look` throws.
 */
export async function until<T>(look: () => T | null | false | Promise<T | null | false>, deadlineMs: number, why: () => string): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() > endsAt) throw new Error(why());
    await new Promise((settle) => setTimeout(settle, 50));
  }
}
