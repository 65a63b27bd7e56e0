import { sha256 } from "@sallyport/crypto";

const LEAF_PREFIX = Buffer.of(0);
const NODE_PREFIX = Buffer.of(1);

/** Whether this has a hash's length. */
export const isHash = (bytes: Uint8Array): boolean => bytes.length === 32;

/** A record's leaf: SHA-256(0x00 ‖ line), the line's newline left out (RFC 6962 §2.1). */
export const leafHash = (line: string): Buffer => sha256(Buffer.concat([LEAF_PREFIX, Buffer.from(line, "utf8")]));

/** An inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1). */
export const hashChildren = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.concat([NODE_PREFIX, left, right]));

/** The root of no leaves: SHA-256 of nothing. */
export const emptyRoot = (): Buffer => sha256(Buffer.alloc(0));
