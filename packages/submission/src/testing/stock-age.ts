import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache");
const DOWNLOAD_MS = 60_000;

/** The stock `age` command and its key maker. */
interface StockAge {
  readonly age: string;
  readonly keygen: string;
}

const runs = ({ age }: StockAge): boolean => spawnSync(age, ["--version"]).status === 0;

/** Unpacks Debian's own package, whose signature apt checks, into the cache: whole, or not at all. Nothing is installed. */
function unpacked(): StockAge | null {
  const folder = join(CACHE, "age");
  const found = { age: join(folder, "usr/bin/age"), keygen: join(folder, "usr/bin/age-keygen") };
  if (existsSync(folder)) return found;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, "unpacking-"));
  try {
    const options = { cwd: fresh, timeout: DOWNLOAD_MS } as const;
    if (spawnSync("apt-get", ["download", "age"], options).status !== 0) return null;
    for (const name of readdirSync(fresh)) if (spawnSync("dpkg", ["-x", name, fresh], options).status !== 0) return null;
    renameSync(fresh, folder);
    return found;
  } catch {
    // Another worker was first.
    return existsSync(folder) ? found : null;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The machine's `age`, or Debian's package where apt brings it; null where there is neither. */
export function stockAge(): StockAge | null {
  const installed = { age: "age", keygen: "age-keygen" };
  if (runs(installed)) return installed;
  const found = unpacked();
  return found !== null && runs(found) ? found : null;
}

/** Makes a key; answers its file and the recipient that is in it. */
export function ageKey({ keygen }: StockAge, folder: string): { readonly file: string; readonly recipient: string } {
  const file = join(mkdtempSync(join(folder, "key-")), "key.txt");
  const { stderr } = spawnSync(keygen, ["-o", file], { encoding: "utf8" });
  const recipient = /age1[0-9a-z]{58}/.exec(stderr)?.[0];
  if (recipient === undefined) throw new RangeError("age-keygen made no key");
  return { file, recipient };
}

/** Opens a sealed file; answers whether it did, and what it said. */
export function openWithAge({ age }: StockAge, key: string, sealed: string, out: string): { readonly opened: boolean; readonly said: string } {
  const { status, stderr } = spawnSync(age, ["--decrypt", "-i", key, "-o", out, sealed], { encoding: "utf8" });
  return { opened: status === 0, said: stderr };
}
