import { sha256, sha256Hex } from "@sallyport/crypto";

const NODE_PREFIX = Buffer.of(1);

/** Whether this has a hash's length. */
export const isHash = (bytes: Uint8Array): boolean => bytes.length === 32;

/** A record's leaf: SHA-256(0x00 ‖ line), the line's newline left out (RFC 6962 §2.1). */
export const leafHash = (line: string): Buffer => sha256(`\0${line}`);

/** The leaves of lines that each end with a newline, lower-case hex: as {@link leafHash} of each, in one buffer for all. */
export function leafHashesIn({ lines, ends }: { readonly lines: Buffer; readonly ends: readonly number[] }): readonly string[] {
  // The byte before each line is what its hash begins with: a newline's place, or one more at the beginning.
  const prefixed = Buffer.allocUnsafe(lines.length + 1);
  lines.copy(prefixed, 1);
  prefixed[0] = 0;
  for (const end of ends) prefixed[end] = 0;
  return ends.map((end, at) => sha256Hex(prefixed.subarray(ends[at - 1] ?? 0, end)));
}

/** An inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1). */
export const hashChildren = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.concat([NODE_PREFIX, left, right]));

/** The root of no leaves: SHA-256 of nothing. */
export const emptyRoot = (): Buffer => sha256(Buffer.alloc(0));
