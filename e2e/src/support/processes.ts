import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that has to do with a folder. */
export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Every process that names the folder in its command or environment, or works in it: the supervisor and its children do the first,
 * PostgreSQL's own children, which rename themselves, the last. Zombies count as gone. Linux only.
 */
export function processesOf(folder: string): readonly FoundProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = read(`/proc/${name}/cmdline`);
      if (/^\S+ \(.*\) Z/.test(read(`/proc/${name}/stat`))) return [];
      const isOurs = command.includes(folder) || read(`/proc/${name}/environ`).includes(folder) || workingDirOf(name).startsWith(folder);
      return isOurs ? [{ pid: Number(name), command: command.replaceAll("\0", " ").slice(0, 120) }] : [];
    });
}

/** Waits until no process has to do with the folder; answers those that are left at the deadline. */
export async function leftAfter(folder: string, deadlineMs: number): Promise<readonly FoundProcess[]> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0 || performance.now() > endsAt) return left;
    await new Promise((settle) => setTimeout(settle, 100));
  }
}

/** What is gone while we look is not there. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function workingDirOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}
