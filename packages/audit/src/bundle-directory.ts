import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { BundleReader, FileDigest } from "./bundle-model.ts";

const CHUNK_BYTES = 256 * 1024;
const PIECE_LENGTH_MAX = 2 ** 17;
const TEXT_BYTES_MAX = 2 ** 24;

/** A file of the folder itself; nothing that a bundle names leads out of it. */
function pathIn(folder: string, name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name)) throw new SallyportError("bundle.unreadable");
  return join(folder, name);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  // Each byte that isn't UTF-8 must show as a character that no line of ours has, and none may vanish, not even a byte order mark.
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let rest = "";
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    let from = 0;
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n", from)) {
      yield rest.slice(from, end + 1);
      from = end + 1;
    }
    rest = rest.slice(from);
    while (rest.length > PIECE_LENGTH_MAX) {
      yield rest.slice(0, PIECE_LENGTH_MAX);
      rest = rest.slice(PIECE_LENGTH_MAX);
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

async function textOf(path: string): Promise<string> {
  if ((await stat(path)).size > TEXT_BYTES_MAX) throw new SallyportError("bundle.unreadable");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
}

async function digestOf(path: string): Promise<FileDigest> {
  const digest = new RunningSha256();
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    digest.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: digest.hex() };
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
    lines: (name) => linesOf(pathIn(folder, name)),
    text: (name) => textOf(pathIn(folder, name)),
    digest: (name) => digestOf(pathIn(folder, name)),
  };
}
