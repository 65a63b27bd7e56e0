import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./root.mjs";

const folder = join(root, ".cache");
const path = join(folder, "bootstrap.pid");

/** Lets one process at a time install and build in this tree; a lock whose owner is gone is taken over. */
export async function withLock(progress, work) {
  mkdirSync(folder, { recursive: true });
  for (let said = false; !take(); said = true) {
    if (!said) progress.line("waiting for another process that installs or builds here");
    await sleep(200);
  }
  const release = () => rmSync(path, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** The lock appears with its owner in it, by a link: nobody can read it between the two and take it for one whose owner is gone. */
export function take(file = path, self = birthOf(process.pid)) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, self);
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    const owner = read(file);
    const [pid = ""] = owner.split(" ");
    // A process that came later under the same number isn't the owner.
    if (Number(pid) > 0 && isAlive(Number(pid)) && birthOf(Number(pid)) === owner && owner !== self) return false;
    rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** A process's number and when it began, where the system says so (proc_pid_stat(5), field 22). */
export function birthOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return `${pid} -`;
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
