import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Puts a file of this user alone in the place of what was there: whole or not at all, and on the disk when it returns. */
export function writeDurably(file: string, bytes: string | Uint8Array): void {
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(fresh, bytes, { mode: 0o600, flag: "wx", flush: true });
  renameSync(fresh, file);
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
