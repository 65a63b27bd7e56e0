import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";

interface Owner {
  readonly pid: number;
  /** When that process began, in the kernel's own unit; a number that another process reuses begins later. */
  readonly began: string;
  readonly token: string;
}

/**
 * Makes this process the only one that runs on a folder. A lock whose owner is gone is taken over.
 * @param setting - What names the folder.
 * @returns how to give it up.
 * @throws SallyportError `setting.invalid` naming the setting and the other process.
 */
export async function lockHome(path: string, setting = "SALLYPORT_HOME"): Promise<() => void> {
  const mine: Owner = { pid: process.pid, began: beganAt(process.pid), token: randomBytes(8).toString("hex") };
  const refuse = (other: Owner): SallyportError =>
    new SallyportError("setting.invalid", {
      setting,
      pid: other.pid,
      reason: "another Sallyport runs on this folder",
      remedy: "stop it, or choose another folder",
    });
  const current = read(path);
  if (current !== null && isRunning(current)) throw refuse(current);
  const fresh = `${path}.${mine.token}`;
  writeFileSync(fresh, JSON.stringify(mine), { mode: 0o600, flag: "wx" });
  renameSync(fresh, path);
  // Of two that take over at the same moment, the later rename stays, and the other one sees it here.
  await sleep(50);
  const kept = read(path);
  if (kept === null || kept.token !== mine.token) throw refuse(kept ?? mine);
  return () => {
    if (read(path)?.token === mine.token) rmSync(path, { force: true });
  };
}

function read(path: string): Owner | null {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner>;
    return typeof value.pid === "number" && typeof value.began === "string" && typeof value.token === "string" ? (value as Owner) : null;
  } catch {
    return null;
  }
}

function isRunning(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return beganAt(owner.pid) === owner.began;
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)), counted after the command's closing bracket; empty where there is no /proc. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
