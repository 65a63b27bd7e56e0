import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

/** Held by the one process that may write the store. */
export interface StoreLock {
  /** @throws `custodian.fenced` where another process has taken the store since. Asked before every write, and before and after every act. */
  assertHeld(): void;
  release(): void;
}

/** A lock by which others see that its holder lives. */
export interface BeatingLock extends StoreLock {
  /** Shows whoever watches that this process still does something ({@link LockWatch}). @throws as {@link StoreLock.assertHeld}. */
  beat(): void;
}

/** The locks of this very process, which alone knows them. */
const held = new Set<string>();

/**
 * Takes the store for this process: `<home>/custodian.lock` holds the process id and when it started, so that a lock left by
 * a killed process is told from one whose process id another program has by now.
 *
 * @param hung - The lock of a process that lives and does nothing any more, as {@link LockWatch} saw it: that one is taken from it.
 * @throws `custodian.locked` where a live process holds it.
 */
export function lockStore(home: string, hung: string | null = null): BeatingLock {
  const path = lockFile(home);
  const ours = `${process.pid} ${startOf(process.pid)} ${randomUUID()}\n`;
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, ours, { mode: 0o600 });
  // So that one that never beat is told from one that does no more.
  utimesSync(fresh, 0, 0);
  try {
    clearStale(path, hung);
    linkSync(fresh, path);
    held.add(ours);
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("custodian.locked", {}, error);
  } finally {
    rmSync(fresh, { force: true });
  }
  const isHeld = (): boolean => read(path) === ours;
  const assertHeld = (): void => {
    if (!isHeld()) throw new SallyportError("custodian.fenced");
  };
  return {
    assertHeld,
    beat() {
      assertHeld();
      const now = new Date();
      utimesSync(path, now, now);
    },
    release() {
      held.delete(ours);
      if (isHeld()) rmSync(path, { force: true });
    },
  };
}

/** Where the lock of a store is. */
export const lockFile = (home: string): string => `${home}/custodian.lock`;

/** What a lock's file says, or null where there is none. */
export const readLock = (home: string): string | null => read(lockFile(home));

/** Whether the process that made this lock lives. */
export function isHolderAlive(found: string): boolean {
  const [pid, start] = found.trim().split(" ");
  return Number(pid) === process.pid ? held.has(found) : startOf(Number(pid)) === start;
}

function clearStale(path: string, hung: string | null): void {
  const found = read(path);
  if (found === null) return;
  if (found !== hung && isHolderAlive(found)) throw new SallyportError("custodian.locked", { pid: found.split(" ")[0] ?? "" });
  // Two starters may both find it stale. Only one can rename it; the other moves nothing or must put back what it moved.
  const aside = `${path}.stale.${process.pid}`;
  renameSync(path, aside);
  const moved = read(aside);
  if (moved !== found) linkSync(aside, path);
  rmSync(aside, { force: true });
  if (moved !== found) throw new SallyportError("custodian.locked");
}

/** When this process started, in the kernel's ticks; `?` where that can't be read but it lives, `-` where it doesn't live, or has ended and wasn't waited for yet. */
function startOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return "-";
  }
  // The command's name may hold spaces and parentheses, so the fields are counted from the last one.
  const stat = read(`/proc/${pid}/stat`);
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return state === "Z" || state === "X" ? "-" : (fields[18] ?? "?");
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
