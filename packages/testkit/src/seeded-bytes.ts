import { createHash } from "node:crypto";

/**
 * A source of bytes that only looks random: the same seed gives the same bytes in the same order, however they are asked
 * for. SHA-256 in counter mode over the seed. For tests and vectors only.
 */
export function seededBytes(seed: string): (length: number) => Buffer {
  let counter = 0;
  let rest = Buffer.alloc(0);
  return (length) => {
    const parts = [rest];
    for (let have = rest.length; have < length; have += 32) {
      parts.push(createHash("sha256").update(`${seed}\n${counter}`).digest());
      counter += 1;
    }
    const bytes = Buffer.concat(parts);
    rest = bytes.subarray(length);
    return Buffer.from(bytes.subarray(0, length));
  };
}
