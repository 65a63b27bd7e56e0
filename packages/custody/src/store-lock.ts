import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

/** Held by the one process that may write the store. */
export interface StoreLock {
  /** @throws `custodian.locked` where another process has taken the store since. Asked before every write. */
  assertHeld(): void;
  release(): void;
}

/** The locks of this very process, which alone knows them. */
const held = new Set<string>();

/**
 * Takes the store for this process: `<home>/custodian.lock` holds the process id and when it started, so that a lock left by
 * a killed process is told from one whose process id another program has by now.
 *
 * @throws `custodian.locked` where a live process holds it.
 */
export function lockStore(home: string): StoreLock {
  const path = `${home}/custodian.lock`;
  const ours = `${process.pid} ${startOf(process.pid)} ${randomUUID()}\n`;
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, ours, { mode: 0o600 });
  try {
    clearStale(path);
    linkSync(fresh, path);
    held.add(ours);
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("custodian.locked", {}, error);
  } finally {
    rmSync(fresh, { force: true });
  }
  const isHeld = (): boolean => read(path) === ours;
  return {
    assertHeld() {
      if (!isHeld()) throw new SallyportError("custodian.locked");
    },
    release() {
      held.delete(ours);
      if (isHeld()) rmSync(path, { force: true });
    },
  };
}

function clearStale(path: string): void {
  const found = read(path);
  if (found === null) return;
  const [pid, start] = found.trim().split(" ");
  const isLive = Number(pid) === process.pid ? held.has(found) : startOf(Number(pid)) === start;
  if (isLive) throw new SallyportError("custodian.locked", { pid: pid ?? "" });
  // Two starters may both find it stale. Only one can rename it; the other moves nothing or must put back what it moved.
  const aside = `${path}.stale.${process.pid}`;
  renameSync(path, aside);
  const moved = read(aside);
  if (moved !== found) linkSync(aside, path);
  rmSync(aside, { force: true });
  if (moved !== found) throw new SallyportError("custodian.locked");
}

/** When this process started, in the kernel's ticks; `?` where that can't be read but it lives, `-` where it doesn't live. */
function startOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return "-";
  }
  // The command's name may hold spaces and parentheses, so the fields are counted from the last one.
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "?";
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
