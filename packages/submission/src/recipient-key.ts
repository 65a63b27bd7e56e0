import { sha256Hex } from "@sallyport/crypto";

/** What people compare of a recipient's key: SHA-256 of its text, as fingerprints are spelled everywhere. */
export const recipientFingerprint = (key: string): string => `sha256:${sha256Hex(key)}`;
