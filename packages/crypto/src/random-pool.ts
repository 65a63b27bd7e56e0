import { randomFillSync } from "node:crypto";
import { SallyportError } from "@sallyport/errors";

/** A source of random bytes; the answer belongs to the caller. */
export type RandomBytes = (length: number) => Buffer;

/** Fills a block with random bytes. */
export type RandomSource = (block: Buffer) => void;

/** Whether a fresh block may be used, beside the one before it. */
type BlockTest = (block: Buffer, firstOfLast: Buffer) => boolean;

const POOL_BYTES = 48 * 1024;
const SAMPLE_BYTES = 16;

/**
 * The repetition count test of SP 800-90B §4.4.1, over samples of 16 bytes with a cutoff of two, and a block's first sample against that
 * of the block before. A sound source fails it once in 2^116 blocks; one that is stuck, or begins again, fails it at its first or second.
 */
const isHealthy: BlockTest = (block, firstOfLast) => {
  if (block.compare(firstOfLast, 0, SAMPLE_BYTES, 0, SAMPLE_BYTES) === 0) return false;
  for (let at = SAMPLE_BYTES; at < block.length; at += SAMPLE_BYTES) if (block.compare(block, at - SAMPLE_BYTES, at, at, at + SAMPLE_BYTES) === 0) return false;
  return true;
};

/**
 * Random bytes from a source, drawn in blocks of 48 KiB: one call of it costs more than a short encryption. Each block is tested before
 * a byte of it is used. Bytes are handed out once, as a copy, and wiped from the block.
 *
 * @throws SallyportError `random.unhealthy` where a block fails the test; nothing of it is handed out.
 */
export function randomPool(fill: RandomSource, isUsable: BlockTest = isHealthy): RandomBytes {
  const pool = Buffer.alloc(POOL_BYTES);
  const firstOfLast = Buffer.alloc(SAMPLE_BYTES);
  let used = POOL_BYTES;
  return (length) => {
    if (!Number.isInteger(length) || length < 0 || length > POOL_BYTES) throw new RangeError("length is out of range");
    if (used + length > POOL_BYTES) {
      used = POOL_BYTES;
      fill(pool);
      if (!isUsable(pool, firstOfLast)) throw new SallyportError("random.unhealthy");
      pool.copy(firstOfLast, 0, 0, SAMPLE_BYTES);
      used = 0;
    }
    const bytes = Buffer.allocUnsafe(length);
    pool.copy(bytes, 0, used, used + length);
    pool.fill(0, used, used + length);
    used += length;
    return bytes;
  };
}

/** Random bytes from the operating system's generator. */
export const pooledRandom: RandomBytes = randomPool(randomFillSync);
