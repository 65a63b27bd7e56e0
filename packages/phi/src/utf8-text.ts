import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";

/** Bytes that are decoded, and then read, in one go. */
const BLOCK_BYTES = 64 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** A piece of a text. `fault` says why nothing comes after it, where that isn't the end. */
export interface TextBlock {
  readonly text: string;
  readonly fault: "not UTF-8" | "compressed: send it as it is" | null;
}

/**
 * Decodes what comes in pieces of any size, strictly, in blocks of about 64 KiB. A byte order mark stays, as the letter that it is.
 * Between two blocks whatever else waits has its turn, also where the source never waits.
 */
export async function* utf8Text(source: AsyncIterable<Uint8Array>): AsyncGenerator<TextBlock> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const bytes of blocksOf(source)) {
    const block = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    if (isFirst && block.subarray(0, GZIP.length).equals(GZIP)) return yield { text: "", fault: "compressed: send it as it is" };
    isFirst = false;
    const end = wholeCharacters(block, block.length);
    if (!isUtf8(block.subarray(0, end))) return yield { text: validText(block), fault: "not UTF-8" };
    yield { text: block.toString("utf8", 0, end), fault: null };
    rest = block.subarray(end);
    await setImmediate();
  }
  if (rest.length > 0) yield { text: "", fault: "not UTF-8" };
}

/** Small pieces together, large ones cut up. */
async function* blocksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + BLOCK_BYTES - size);
      at += part.length;
      size += part.length;
      waiting.push(part);
      if (size < BLOCK_BYTES) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** Where the last character that is whole ends: a character has up to four bytes, and its first one says how many. */
function wholeCharacters(bytes: Buffer, end: number): number {
  for (let back = 1; back <= Math.min(3, end); back += 1) {
    const byte = bytes[end - back] ?? 0;
    if (byte < 0x80) return end;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? end - back : end;
  }
  return end;
}

/** As much of a block as is UTF-8, so that the fault's place can be told. */
function validText(block: Buffer): string {
  let [good, bad] = [0, block.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(block.subarray(0, wholeCharacters(block, middle)))) good = middle;
    else bad = middle;
  }
  return block.toString("utf8", 0, wholeCharacters(block, good));
}
