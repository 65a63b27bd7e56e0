import { constants, inflateRawSync, inflateSync } from "node:zlib";

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
/** A stream that was cut off still gives what it holds. */
const OPTIONS = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: OUTPUT_BYTES_MAX } as const;

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const ZIP_ENTRY = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
/** First two bytes of a zlib stream with a window of 32 KiB, by level (RFC 1950 §2.2). */
const ZLIB = [0x7801, 0x785e, 0x789c, 0x78da].map((word) => Buffer.from([word >> 8, word & 0xff]));
const ZIP_HEADER_BYTES = 30;

/** What every gzip, zlib and zip stream that starts anywhere in the bytes decompresses to. */
export function* decompressed(bytes: Buffer): Generator<Buffer> {
  yield* attempt(bytes, GZIP, (at) => inflateRawSync(bytes.subarray(gzipBody(bytes, at)), OPTIONS));
  for (const start of ZLIB) yield* attempt(bytes, start, (at) => inflateSync(bytes.subarray(at), OPTIONS));
  yield* attempt(bytes, ZIP_ENTRY, (at) => inflateRawSync(bytes.subarray(at + ZIP_HEADER_BYTES + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)), OPTIONS));
}

/** Where a gzip member's deflate stream starts (RFC 1952 §2.3). Its check value isn't needed: what can be read has leaked. */
function gzipBody(bytes: Buffer, start: number): number {
  const flags = bytes.readUInt8(start + 3);
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + bytes.readUInt16LE(at);
  if ((flags & 8) !== 0) at = bytes.indexOf(0, at) + 1;
  if ((flags & 16) !== 0) at = bytes.indexOf(0, at) + 1;
  if ((flags & 2) !== 0) at += 2;
  return at;
}

function* attempt(bytes: Buffer, start: Buffer, open: (at: number) => Buffer): Generator<Buffer> {
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const opened = openOrNull(open, at);
    if (opened !== null && opened.length > 0) yield opened;
  }
}

/** Most places that look like a stream's start are none. */
function openOrNull(open: (at: number) => Buffer, at: number): Buffer | null {
  try {
    return open(at);
  } catch {
    return null;
  }
}
