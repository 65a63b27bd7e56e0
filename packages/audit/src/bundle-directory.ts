import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { decodeText, linesOf, TEXT_BYTES_MAX } from "./bundle-lines.ts";
import type { BundleReader, FileDigest } from "./bundle-model.ts";

const CHUNK_BYTES = 256 * 1024;

/** A file of the folder itself; nothing that a bundle names leads out of it. */
function pathIn(folder: string, name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name)) throw new SallyportError("bundle.unreadable");
  return join(folder, name);
}

/**
 * Opens a plain file: a pipe would never end, and a link leads out of the folder. The flags say the same again, for what took the
 * file's place after the look.
 */
async function openPlain(path: string): Promise<FileHandle> {
  if (!(await lstat(path)).isFile()) throw new SallyportError("bundle.unreadable", { file: basename(path), reason: "not a plain file" });
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const handle = await openPlain(path);
  for await (const chunk of handle.createReadStream({ highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
}

async function textOf(path: string): Promise<string> {
  const handle = await openPlain(path);
  try {
    if ((await handle.stat()).size > TEXT_BYTES_MAX) throw new SallyportError("bundle.unreadable");
    return decodeText(await handle.readFile());
  } finally {
    await handle.close();
  }
}

async function digestOf(path: string): Promise<FileDigest> {
  const digest = new RunningSha256();
  let bytes = 0;
  for await (const chunk of chunksOf(path)) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: digest.hex() };
}

/** Reads an export that is one file. Throws `bundle.unreadable` where there is no such file. */
function fileReader(path: string): BundleReader {
  return {
    list: () => Promise.resolve([basename(path)]),
    lines: () => linesOf(chunksOf(path)),
    text: () => textOf(path),
    digest: () => digestOf(path),
  };
}

/** Reads an export from where it is: a bundle's folder, or the one file of an excerpt. */
export async function exportReader(path: string): Promise<BundleReader> {
  const isFile = await lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? fileReader(path) : directoryReader(path);
}

/** Reads a bundle from a folder. Its `list` throws `bundle.unreadable` where there is no such folder. */
export function directoryReader(folder: string): BundleReader {
  return {
    async list() {
      try {
        return await readdir(folder);
      } catch (cause) {
        throw new SallyportError("bundle.unreadable", {}, cause);
      }
    },
    lines: (name) => linesOf(chunksOf(pathIn(folder, name))),
    text: (name) => textOf(pathIn(folder, name)),
    digest: (name) => digestOf(pathIn(folder, name)),
  };
}
