import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";
import { BARE_ENV } from "./runner.ts";

/** Marks the watchdog's command line, by which another start recognises it. */
export const WATCHDOG = "pgwatch";

/**
 * Waits until no server of an earlier start uses the folder. One whose watchdog lives is being stopped by it if its
 * owner is gone; one without a watchdog is stopped here. A pid file that names a stranger's process (after a reboot,
 * say) is removed, because PostgreSQL would not start beside it; one that names no process is left to PostgreSQL.
 * @throws SallyportError `database.unreachable` when it is still in use after `waitMs`.
 */
export async function awaitLeftOver(data: string, waitMs = 15_000): Promise<void> {
  const until = performance.now() + waitMs;
  let asked = false;
  for (;;) {
    const pid = postmasterPid(data);
    if (pid === null || !isAlive(pid)) return;
    if (!commandOf(pid).includes(data)) return rmSync(join(data, "postmaster.pid"), { force: true });
    if (performance.now() > until) throw new SallyportError("database.unreachable", { reason: "another process uses this cluster", pid });
    if (!asked && !commandOf(parentOf(pid)).includes(WATCHDOG)) {
      asked = true;
      process.kill(pid, "SIGINT");
    }
    await sleep(50);
  }
}

/** The first line of the server's pid file, if there is one. */
function postmasterPid(data: string): number | null {
  const pid = Number(readPidFile(data)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : null;
}

/** The lines of the server's pid file; the eighth is its status. */
export function readPidFile(data: string): string[] {
  try {
    return readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function commandOf(pid: number): string {
  if (process.platform !== "linux") return ps(pid, "command");
  return readProc(pid, "cmdline").replaceAll("\0", " ");
}

function parentOf(pid: number): number {
  if (process.platform !== "linux") return Number(ps(pid, "ppid"));
  return Number(/^PPid:\s*(\d+)/m.exec(readProc(pid, "status"))?.[1] ?? 0);
}

function readProc(pid: number, name: "cmdline" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function ps(pid: number, what: "command" | "ppid"): string {
  return spawnSync("ps", ["-ww", "-o", `${what}=`, "-p", String(pid)], { env: BARE_ENV, encoding: "utf8" }).stdout?.trim() ?? "";
}
