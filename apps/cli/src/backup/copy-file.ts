import { execFileSync } from "node:child_process";
import { closeSync, type Dirent, mkdirSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";

/** Each file is read and written without a turn in between, so one does for all. */
const BUFFER = Buffer.allocUnsafe(2 ** 20);

/** What was copied. */
export interface Copied {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Copies a file as far as it reaches now to one that isn't there yet, for its owner alone; null where there is none to copy. A database is a thousand small
 * files, so each is copied without waiting in between, and others have their turn after each.
 */
export async function copyFile(from: string, to: string): Promise<Copied | null> {
  let source: number;
  try {
    source = openSync(from, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return writeNew(to, chunksOf(source));
  } finally {
    closeSync(source);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function* chunksOf(source: number): Generator<Uint8Array> {
  for (let bytes = readSync(source, BUFFER); bytes > 0; bytes = readSync(source, BUFFER)) yield BUFFER.subarray(0, bytes);
}

/** Writes a new file, for its owner alone. */
export function writeNew(to: string, chunks: Iterable<Uint8Array>): Copied {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const digest = new RunningSha256();
  let bytes = 0;
  const target = openSync(to, "wx", 0o600);
  try {
    for (const chunk of chunks) {
      digest.update(chunk);
      bytes += chunk.length;
      for (let at = 0; at < chunk.length; ) at += writeSync(target, chunk, at);
    }
  } finally {
    closeSync(target);
  }
  return { bytes, sha256: digest.hex() };
}

/** Has all that was written on the disk: once for a thousand files, where a flush of each would take longer than the copying. */
export const flushDisks = (): Buffer => execFileSync("sync", { stdio: "ignore" });

/** Everything below a folder, by paths relative to it with forward slashes. A folder that goes away meanwhile is empty. */
export function entriesBelow(folder: string): { readonly folders: readonly string[]; readonly files: readonly string[] } {
  const folders: string[] = [];
  const files: string[] = [];
  const walk = (at: string): void => {
    for (const entry of contentOf(join(folder, at))) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.push(path);
        walk(path);
      } else files.push(path);
    }
  };
  walk("");
  return { folders: folders.sort(), files: files.sort() };
}

function contentOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
