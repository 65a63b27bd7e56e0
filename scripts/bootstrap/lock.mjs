import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

function take() {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const owner = Number(read());
    if (owner > 0 && isAlive(owner)) return false;
    rmSync(path, { force: true });
    return false;
  }
}

function read() {
  try {
    return readFileSync(path, "utf8");
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
