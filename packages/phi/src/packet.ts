import { type DataKey, openBytes, type RandomBytes, sealBytes } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** Bytes of plaintext in every chunk but a file's last. */
export const CHUNK_BYTES = 256 * 1024;

/** How many chunks a file of so many bytes has; an empty one is one empty chunk. */
export const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/**
 * What the chunks of a packet's file are bound to: the packet where it has one file, otherwise also which of how many files it is, so that a
 * file which was taken away, added or exchanged shows (docs/spec/packet-v1.md §2). `n` is from 1.
 */
export const fileId = (packetId: string, n: number, count: number): string => (count === 1 ? packetId : `${packetId}/${n}/${count}`);

/** Seals one chunk of a file at its own place; `last` in the file's last chunk and in no other. */
export const sealChunk = (key: DataKey, file: string, { index, last }: { readonly index: number; readonly last: boolean }, bytes: Uint8Array, random?: RandomBytes): Buffer =>
  sealBytes(key, { scope: "packet", id: file, index, last }, bytes, random);

/**
 * Opens a file of `bytes` bytes chunk by chunk, each when it has authenticated at its own place. That the file is whole is known only at the
 * end: nothing may be done with what was read before.
 *
 * @throws SallyportError `phi.integrity` for a chunk that was altered, is missing, was added, stands elsewhere or is another file's.
 */
export async function* openFile(key: DataKey, file: string, bytes: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  const count = chunkCount(bytes);
  let index = 0;
  for await (const sealed of chunks) {
    if (index === count) throw new SallyportError("phi.integrity");
    yield openChunk(key, file, { bytes, index }, sealed);
    index += 1;
  }
  if (index !== count) throw new SallyportError("phi.integrity");
}

/**
 * Opens one chunk of a file of `bytes` bytes at its own place. It says nothing of the others.
 *
 * @throws SallyportError `phi.integrity`.
 */
export function openChunk(key: DataKey, file: string, { bytes, index }: { readonly bytes: number; readonly index: number }, sealed: Uint8Array): Buffer {
  const chunk = openBytes(key, { scope: "packet", id: file, index, last: index === chunkCount(bytes) - 1 }, sealed);
  if (chunk.length !== Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES)) throw new SallyportError("phi.integrity");
  return chunk;
}

/** Seals a file's own name, which may say whose data it holds. */
export const sealFileName = (key: DataKey, file: string, name: string, random?: RandomBytes): Buffer => sealBytes(key, nameOf(file), Buffer.from(name, "utf8"), random);

/** Opens a file's name. @throws SallyportError `phi.integrity`. */
export const openFileName = (key: DataKey, file: string, sealed: Uint8Array): string => openBytes(key, nameOf(file), sealed).toString("utf8");

const nameOf = (file: string) => ({ scope: "packet-name", id: file, index: 0, last: true });

/** Seals a packet of one file, as it came, in one go. */
export function sealPacket(dataKey: DataKey, packetId: string, bytes: Uint8Array, random?: RandomBytes): Buffer[] {
  const count = chunkCount(bytes.length);
  return Array.from({ length: count }, (_, index) =>
    sealChunk(dataKey, packetId, { index, last: index === count - 1 }, bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES), random),
  );
}

/**
 * Opens a whole packet of one file.
 *
 * @throws SallyportError `phi.integrity` if a chunk was altered, is missing, was added, stands elsewhere or is another packet's; nothing is opened in part.
 */
export function openPacket(dataKey: DataKey, packetId: string, chunks: readonly Uint8Array[]): Buffer {
  const opened = chunks.map((chunk, index) => openBytes(dataKey, { scope: "packet", id: packetId, index, last: index === chunks.length - 1 }, chunk));
  const isWhole = opened.length > 0 && opened.every((chunk, index) => (index < opened.length - 1 ? chunk.length === CHUNK_BYTES : chunk.length <= CHUNK_BYTES));
  if (!isWhole) throw new SallyportError("phi.integrity");
  return Buffer.concat(opened);
}
