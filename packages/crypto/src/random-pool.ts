import { randomFillSync } from "node:crypto";

/** A source of random bytes; the answer belongs to the caller. */
export type RandomBytes = (length: number) => Buffer;

const POOL_BYTES = 48 * 1024;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/**
 * Random bytes from the system's generator, drawn in blocks of 48 KiB: one call of it costs more than a short encryption.
 * Bytes are handed out once, as a copy, and wiped from the block.
 */
export const pooledRandom: RandomBytes = (length) => {
  if (!Number.isInteger(length) || length < 0 || length > POOL_BYTES) throw new RangeError("length is out of range");
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(length);
  pool.copy(bytes, 0, used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
};
