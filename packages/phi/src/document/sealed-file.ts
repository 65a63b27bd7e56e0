import type { DataKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { CHUNK_BYTES, chunkCount, openChunk, openFile } from "../packet.ts";
import type { DocumentSource } from "./document.ts";

/** Opened chunks that are kept: what reads an archive goes to and fro between its directory and an entry. */
const KEPT_MAX = 4;

/** Where the sealed chunks of a file are: all of them in their order, or one. */
export interface SealedChunks {
  readonly all: () => AsyncIterable<Uint8Array>;
  readonly one: (index: number) => Promise<Uint8Array | undefined>;
}

/** A sealed file of a packet, opened from its beginning or at a place, each chunk when it has authenticated at its own. */
export class SealedFile implements DocumentSource {
  readonly bytes: number;
  readonly #key: DataKey;
  readonly #file: string;
  readonly #chunks: SealedChunks;
  readonly #kept = new Map<number, Buffer>();

  constructor(key: DataKey, file: string, bytes: number, chunks: SealedChunks) {
    this.#key = key;
    this.#file = file;
    this.bytes = bytes;
    this.#chunks = chunks;
  }

  open(): AsyncIterable<Uint8Array> {
    return openFile(this.#key, this.#file, this.bytes, this.#chunks.all());
  }

  /** @throws SallyportError `phi.integrity`. */
  async read(from: number, length: number): Promise<Buffer> {
    if (from < 0 || length < 0 || from + length > this.bytes) throw new RangeError("beyond the file");
    const pieces: Buffer[] = [];
    for (let at = from; at < from + length; ) {
      const index = Math.floor(at / CHUNK_BYTES);
      const chunk = await this.#chunk(index);
      const piece = chunk.subarray(at - index * CHUNK_BYTES, from + length - index * CHUNK_BYTES);
      pieces.push(piece);
      at += piece.length;
    }
    return Buffer.concat(pieces, length);
  }

  async #chunk(index: number): Promise<Buffer> {
    const kept = this.#kept.get(index);
    if (kept !== undefined) {
      this.#kept.delete(index);
      this.#kept.set(index, kept);
      return kept;
    }
    const sealed = index < chunkCount(this.bytes) ? await this.#chunks.one(index) : undefined;
    if (sealed === undefined) throw new SallyportError("phi.integrity");
    const chunk = openChunk(this.#key, this.#file, { bytes: this.bytes, index }, sealed);
    this.#kept.set(index, chunk);
    for (const [oldest] of this.#kept) if (this.#kept.size > KEPT_MAX) this.#kept.delete(oldest);
    return chunk;
  }
}
