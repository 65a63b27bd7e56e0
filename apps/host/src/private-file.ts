import { randomBytes } from "node:crypto";
import { chownSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Owner } from "./process-owners.ts";

/** Writes a file (0600) at once by rename, so that no reader sees half of it, and nobody but its owner sees any of it. It is on the disk when this returns. */
export function writePrivate(path: string, content: string | Uint8Array, owner?: Owner): void {
  const fresh = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(fresh, content, { mode: 0o600, flag: "wx", flush: true });
  if (owner !== undefined) chownSync(fresh, owner.uid, owner.gid);
  renameSync(fresh, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
