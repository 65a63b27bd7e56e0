import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { refuse } from "../dataset-faults.ts";
import type { DocumentSource } from "./document.ts";
import { DEFLATED, type ZipEntry } from "./zip-directory.ts";

const READ_BYTES = 256 * 1024;
const HEAD_BYTES = 264;
/** What an archive or a compressed file begins with, and where: zip, gzip, 7z, RAR, xz, bzip2, zstd, LZ4, cabinet, compress; and tar's mark. */
const ARCHIVES: readonly { readonly at: number; readonly mark: Buffer }[] = [
  ...["504b0304", "504b0506", "1f8b", "377abcaf271c", "526172211a07", "fd377a585a00", "425a68", "28b52ffd", "04224d18", "4d534346", "1f9d"].map((hex) => ({
    at: 0,
    mark: Buffer.from(hex, "hex"),
  })),
  { at: 257, mark: Buffer.from("ustar", "latin1") },
];
/** What a program begins with: Windows, Linux, macOS in its four spellings, Java, and a script for a Unix shell. */
const PROGRAMS: readonly Buffer[] = ["4d5a", "7f454c46", "feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "2321"].map((hex) => Buffer.from(hex, "hex"));

/**
 * Inflates one entry and forgets it, keeping its length, checksum and first bytes; it ends as soon as it comes to more than it announces.
 *
 * @throws SallyportError `packet.invalid`; whatever the source throws.
 */
export async function inflateEntry(source: DocumentSource, entry: ZipEntry): Promise<Pick<CountedContent, "isArchive" | "isProgram">> {
  const place = `entry ${entry.n}`;
  const counted = new CountedContent(entry.size, () => refuse(place, "larger than it announces"));
  if (entry.method === DEFLATED) await inflateInto(counted, source, entry, place);
  else for await (const piece of piecesOf(source, entry)) counted.take(piece);
  if (counted.bytes !== entry.size) refuse(place, "not as large as it announces");
  if (counted.crc !== entry.crc) refuse(place, "not what its checksum says");
  const { isArchive, isProgram } = counted;
  return { isArchive, isProgram };
}

async function inflateInto(counted: CountedContent, source: DocumentSource, entry: ZipEntry, place: string): Promise<void> {
  const inflating = createInflateRaw();
  const taking = new Writable({
    write(piece: Buffer, _, done) {
      try {
        counted.take(piece);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(Readable.from(piecesOf(source, entry), { objectMode: false, highWaterMark: READ_BYTES }), inflating, taking);
  } catch (error) {
    if (isInflating(error)) refuse(place, "not what inflates");
    throw error;
  }
  if (inflating.bytesWritten !== entry.compressed) refuse(place, "shorter than it announces");
}

const isInflating = (error: unknown): boolean => error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");

async function* piecesOf(source: DocumentSource, { from, compressed }: ZipEntry): AsyncGenerator<Buffer> {
  for (let at = 0; at < compressed; at += READ_BYTES) {
    yield await source.read(from + at, Math.min(READ_BYTES, compressed - at));
    // An archive of many entries, or a large one, keeps nobody else waiting.
    await setImmediate();
  }
}

/** What is told of content while it passes. */
class CountedContent {
  bytes = 0;
  crc = 0;
  readonly #most: number;
  readonly #tooMuch: () => never;
  #head = Buffer.alloc(0);

  constructor(most: number, tooMuch: () => never) {
    this.#most = most;
    this.#tooMuch = tooMuch;
  }

  take(piece: Buffer): void {
    this.bytes += piece.length;
    if (this.bytes > this.#most) this.#tooMuch();
    this.crc = crc32(piece, this.crc);
    if (this.#head.length < HEAD_BYTES) this.#head = Buffer.concat([this.#head, piece.subarray(0, HEAD_BYTES - this.#head.length)]);
  }

  get isProgram(): boolean {
    return PROGRAMS.some((mark) => this.#head.subarray(0, mark.length).equals(mark));
  }

  get isArchive(): boolean {
    return ARCHIVES.some(({ at, mark }) => this.#head.subarray(at, at + mark.length).equals(mark));
  }
}
