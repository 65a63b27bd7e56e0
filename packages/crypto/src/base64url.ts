const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** Last characters whose left-over bits are zero, by how many characters the unfinished group of four has. */
const LAST = [/^/, /^(?!)/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const;

/**
 * Decodes base64url without padding (RFC 7515 §2), or answers null. Only the one spelling that encoding gives is taken:
 * Node's decoder skips foreign characters and ignores left-over bits, so a value would have many spellings.
 */
export function decodeBase64url(text: string): Buffer | null {
  const isCanonical = ALPHABET.test(text) && (LAST[text.length & 3]?.test(text.slice(-1)) ?? false);
  // Decoders of base64 take this alphabet too, and a browser's Buffer knows it by no other name.
  return isCanonical ? Buffer.from(text, "base64") : null;
}

/** Encodes in base64url without padding, as {@link decodeBase64url} takes it; in a browser, too. */
export const encodeBase64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
