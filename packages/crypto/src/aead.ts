import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";

/** Length of a data key, in bytes. */
export const KEY_BYTES = 32;
/** Length of a nonce, in bytes. */
export const NONCE_BYTES = 12;
/** Length of an authentication tag, in bytes. */
const TAG_BYTES = 16;

const TAG_OPTIONS = { authTagLength: TAG_BYTES } as const;

/** AES-256-GCM with one size of key, nonce and tag. */
export interface Aead {
  /**
   * Encrypts and authenticates; answers nonce ‖ ciphertext ‖ tag. The nonce must be fresh for this key.
   * @throws RangeError for a key that isn't 32 bytes or a nonce that isn't 12.
   */
  readonly seal: (key: KeyObject, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) => Buffer;
  /**
   * Decrypts what authenticates. No byte of plaintext is answered before the whole tag was checked.
   * @throws SallyportError `phi.integrity` for a wrong tag and for a nonce or tag of another length, not told apart.
   * @throws RangeError for a key that isn't 32 bytes.
   */
  readonly open: (key: KeyObject, nonce: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array, aad: Uint8Array) => Buffer;
}

function assertKey(key: KeyObject): void {
  if (key.type !== "secret" || key.symmetricKeySize !== KEY_BYTES) throw new RangeError("an AES-256 key has 32 bytes");
}

/**
 * The only cipher of this code base (SP 800-38D). Lengths are fixed and checked first: Node takes tags of 4 bytes
 * where `authTagLength` is unset, and nonces of any length.
 */
export const aes256Gcm: Aead = {
  seal(key, nonce, plaintext, aad) {
    assertKey(key);
    if (nonce.length !== NONCE_BYTES) throw new RangeError("a nonce has 12 bytes");
    const cipher = createCipheriv("aes-256-gcm", key, nonce, TAG_OPTIONS);
    cipher.setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    const sealed = Buffer.allocUnsafe(NONCE_BYTES + ciphertext.length + TAG_BYTES);
    sealed.set(nonce, 0);
    sealed.set(ciphertext, NONCE_BYTES);
    sealed.set(cipher.getAuthTag(), NONCE_BYTES + ciphertext.length);
    return sealed;
  },
  open(key, nonce, ciphertext, tag, aad) {
    assertKey(key);
    if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw new SallyportError("phi.integrity");
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, TAG_OPTIONS);
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    const plaintext = decipher.update(ciphertext);
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      throw new SallyportError("phi.integrity");
    }
    return plaintext;
  },
};

/** Opens nonce ‖ ciphertext ‖ tag as {@link Aead.seal} answers it. @throws SallyportError `phi.integrity` */
export function openJoined(aead: Aead, key: KeyObject, joined: Uint8Array, aad: Uint8Array): Buffer {
  if (joined.length < NONCE_BYTES + TAG_BYTES) throw new SallyportError("phi.integrity");
  const end = joined.length - TAG_BYTES;
  return aead.open(key, joined.subarray(0, NONCE_BYTES), joined.subarray(NONCE_BYTES, end), joined.subarray(end), aad);
}
