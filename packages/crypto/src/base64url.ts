const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** Last characters whose left-over bits are zero, by how many characters the unfinished group of four has. */
const LAST = [/^/, /^(?!)/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const;

/**
 * Decodes base64url without padding (RFC 7515 §2), or answers null. Only the one spelling that encoding gives is taken:
 * Node's decoder skips foreign characters and ignores left-over bits, so a value would have many spellings.
 */
export function decodeBase64url(text: string): Buffer | null {
  const isCanonical = ALPHABET.test(text) && (LAST[text.length & 3]?.test(text.slice(-1)) ?? false);
  return isCanonical ? Buffer.from(text, "base64url") : null;
}
