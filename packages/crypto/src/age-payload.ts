import { createCipheriv, hkdfSync } from "node:crypto";
import { pooledRandom } from "./random-pool.ts";

/** Bytes of plaintext in every chunk but the last (age-encryption.org/v1, "Payload"). */
const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const NONCE_BYTES = 16;
const KEY_BYTES = 32;
const FILE_KEY_BYTES = 16;
/** Where in a chunk's nonce its number stands, before the flag of the last one. */
const COUNTER_AT = 5;
const LAST_AT = 11;

/**
 * Seals what stands behind the header of an age file (age-encryption.org/v1): a nonce, and then ChaCha20-Poly1305 chunk by chunk, under a key that is
 * derived from the file key and that nonce. It holds one chunk of plaintext at a time, and leaves none of it in its memory.
 *
 * @param fileKey - The 16 bytes that the header hands to its recipients.
 * @throws RangeError for a file key of another length.
 */
export async function* sealAgePayload(fileKey: Uint8Array, content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  if (fileKey.length !== FILE_KEY_BYTES) throw new RangeError("a file key has 16 bytes");
  const salt = pooledRandom(NONCE_BYTES);
  const key = Buffer.from(hkdfSync("sha256", fileKey, salt, "payload", KEY_BYTES));
  const plain = Buffer.alloc(CHUNK_BYTES);
  let [filled, index] = [0, 0];
  const seal = (isLast: boolean): Buffer => {
    const sealed = sealChunk(key, { index, isLast }, plain.subarray(0, filled));
    [filled, index] = [0, index + 1];
    return sealed;
  };
  try {
    yield salt;
    for await (const piece of content) {
      for (let at = 0; at < piece.length; ) {
        // Only where more comes is a full chunk not the last one: an empty one behind it isn't allowed.
        if (filled === CHUNK_BYTES) yield seal(false);
        const share = piece.subarray(at, at + CHUNK_BYTES - filled);
        plain.set(share, filled);
        filled += share.length;
        at += share.length;
      }
    }
    yield seal(true);
  } finally {
    plain.fill(0);
    key.fill(0);
  }
}

function sealChunk(key: Buffer, { index, isLast }: { readonly index: number; readonly isLast: boolean }, plain: Uint8Array): Buffer {
  const nonce = Buffer.alloc(LAST_AT + 1);
  nonce.writeUIntBE(index, COUNTER_AT, LAST_AT - COUNTER_AT);
  nonce[LAST_AT] = isLast ? 1 : 0;
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG_BYTES });
  const ciphertext = cipher.update(plain);
  cipher.final();
  return Buffer.concat([ciphertext, cipher.getAuthTag()], ciphertext.length + TAG_BYTES);
}
