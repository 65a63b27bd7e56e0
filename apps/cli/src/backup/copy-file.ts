import { execFileSync } from "node:child_process";
import { type Dirent, mkdirSync, readdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";

const CHUNK = 2 ** 20;

/** What was copied. */
export interface Copied {
  readonly bytes: number;
  readonly sha256: string;
}

/** Copies a file as far as it reaches now to one that isn't there yet, for its owner alone; null where there is none to copy. */
export async function copyFile(from: string, to: string): Promise<Copied | null> {
  let source: FileHandle;
  try {
    source = await open(from, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return await writeNew(to, source.createReadStream({ highWaterMark: CHUNK, autoClose: false }));
  } finally {
    await source.close();
  }
}

/** Writes a new file, for its owner alone. */
export async function writeNew(to: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Copied> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const digest = new RunningSha256();
  let bytes = 0;
  const target = await open(to, "wx", 0o600);
  try {
    for await (const chunk of chunks) {
      digest.update(chunk);
      bytes += chunk.length;
      await target.writeFile(chunk);
    }
  } finally {
    await target.close();
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
