import { SallyportError } from "@sallyport/errors";
import { isLocking, type LockRow } from "@sallyport/policy";

const DAY_MS = 24 * 3_600_000;

/** How long a lock on an administrator lasts at most. */
const ADMINISTRATOR_LOCK_MS = DAY_MS;
/** How long after it the same person can't set another. */
const AGAIN_AFTER_MS = 7 * DAY_MS;
/** How far back has to be looked for {@link administratorsEnd}. */
export const REMEMBERED_MS = ADMINISTRATOR_LOCK_MS + AGAIN_AFTER_MS;

/**
 * When a lock on an administrator ends by itself. It is never refused for the number of those who are left: a stop that has to wait for
 * somebody is none. So that one can't put the other out for good with it, it lasts a day, and one person sets it once in seven.
 *
 * @param earlier - The locks on this administrator that were set within {@link REMEMBERED_MS}.
 * @throws SallyportError `lock.repeated`.
 */
export function administratorsEnd(
  wanted: number | null,
  { setBy, nowMs, earlier }: { readonly setBy: string; readonly nowMs: number; readonly earlier: readonly LockRow[] },
): number {
  const isRepeated = earlier.some((lock) => lock.setBy === setBy && nowMs < (lock.lifted?.atMs ?? lock.untilMs ?? lock.setAtMs) + AGAIN_AFTER_MS);
  if (isRepeated) throw new SallyportError("lock.repeated");
  return Math.min(wanted ?? Number.POSITIVE_INFINITY, nowMs + ADMINISTRATOR_LOCK_MS);
}

/** Refuses a second lock where one holds: it would have to be lifted twice. Throws `lock.state`. */
export function assertUnlocked(locks: readonly LockRow[], nowMs: number): void {
  if (locks.some((lock) => lock.lifted === null && isLocking(lock, nowMs))) throw new SallyportError("lock.state");
}
