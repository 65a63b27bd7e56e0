import { SallyportError } from "@sallyport/errors";
import { type Aead, aes256Gcm, NONCE_BYTES, openJoined } from "./aead.ts";
import { boundText } from "./bound-text.ts";
import { type DataKey, isKeyId } from "./data-key.ts";
import { pooledRandom, type RandomBytes } from "./random-pool.ts";

/** Which chunk of which whole: a chunk opens at its own position only, and the last one says so. */
export interface ChunkPlace {
  /** What kind of whole, for example `packet`. */
  readonly scope: string;
  readonly id: string;
  /** From 0. */
  readonly index: number;
  /** A whole whose last chunk is missing ends in a chunk that doesn't say so: truncation shows. */
  readonly last: boolean;
}

function bind(keyId: string, place: ChunkPlace): Buffer | null {
  if (!Number.isSafeInteger(place.index) || place.index < 0) return null;
  const text = boundText("sallyport/chunk/sb1", [keyId, place.scope, place.id, String(place.index), place.last ? "last" : "more"]);
  return text === null ? null : Buffer.from(text, "latin1");
}

/**
 * Seals one chunk of a larger whole: ASCII `sb1.<key id>.` and then nonce ‖ ciphertext ‖ tag, in bytes.
 *
 * @throws RangeError for a key id or place that can't be written.
 */
export function sealBytes(key: DataKey, place: ChunkPlace, bytes: Uint8Array, random: RandomBytes = pooledRandom): Buffer {
  if (!isKeyId(key.id)) throw new RangeError("a key's id is 1 to 64 letters, digits, `_` and `-`");
  const aad = bind(key.id, place);
  if (aad === null) throw new RangeError("a place is printable ASCII of 1 to 256 characters each, and an index from 0");
  return Buffer.concat([Buffer.from(`sb1.${key.id}.`, "latin1"), aes256Gcm.seal(key.key, random(NONCE_BYTES), bytes, aad)]);
}

/**
 * Opens one chunk at its own place.
 *
 * @throws SallyportError `phi.integrity` for every way of not opening, not told apart.
 */
export function openBytes(key: DataKey, place: ChunkPlace, sealed: Uint8Array, aead: Aead = aes256Gcm): Buffer {
  const prefix = Buffer.from(`sb1.${key.id}.`, "latin1");
  const aad = bind(key.id, place);
  if (aad === null || !prefix.equals(sealed.subarray(0, prefix.length))) throw new SallyportError("phi.integrity");
  return openJoined(aead, key.key, sealed.subarray(prefix.length), aad);
}
