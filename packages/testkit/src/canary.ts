import { seededBytes } from "./seeded-bytes.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS = 20;

/**
 * Values to plant where PHI stands, so that a search can tell whether it leaked: `canary-` and 20 digits of base32.
 * The same seed gives the same values. They are printable ASCII, so any field takes them.
 */
export function canaries(n: number, seed: string): readonly string[] {
  const bytes = seededBytes(`canaries\n${seed}`);
  return Array.from({ length: n }, () => `canary-${Array.from(bytes(DIGITS), (byte) => ALPHABET[byte & 31]).join("")}`);
}
