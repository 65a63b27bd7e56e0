import { pooledRandom, type RandomBytes } from "./random-pool.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS = 26;
const PREFIX = /^[a-z]{1,16}$/;
const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * A new opaque id: `<prefix>_` and 26 digits of lower-case Crockford base32, 130 random bits.
 * It says nothing of what it names, nor when it was made.
 *
 * @throws RangeError where the prefix isn't 1 to 16 lower-case letters.
 */
export function newId(prefix: string, random: RandomBytes = pooledRandom): string {
  if (!PREFIX.test(prefix)) throw new RangeError("an id's prefix is 1 to 16 lower-case letters");
  let body = "";
  for (const byte of random(DIGITS)) body += ALPHABET[byte & 31];
  return `${prefix}_${body}`;
}

/** Whether a value is spelled as {@link newId} spells ids of this prefix. */
export const isId = (prefix: string, value: unknown): value is string => typeof value === "string" && value.startsWith(`${prefix}_`) && BODY.test(value.slice(prefix.length + 1));
