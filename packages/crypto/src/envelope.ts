import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { type Aead, aes256Gcm, KEY_BYTES, NONCE_BYTES, openJoined } from "./aead.ts";
import { canonicalJson } from "./canonical-json.ts";
import { isKeyId } from "./data-key.ts";
import { pooledRandom, type RandomBytes } from "./random-pool.ts";
import { sealedForm } from "./sealed-form.ts";

/** What a data key is wrapped under and for. All of it is needed again to unwrap. */
export interface Wrapping {
  /** The key-encryption key's id; it stands in the wrapped form. */
  readonly kekId: string;
  /** 32 bytes. */
  readonly kek: KeyObject;
  /** 32 bytes that the custodian keeps for this one context: without them an old dump and the root key open nothing. */
  readonly share: Uint8Array;
  /** What the data key belongs to: ids only, at most 700 bytes in canonical form. */
  readonly context: Readonly<Record<string, string>>;
}

const FORM = sealedForm("sk1");
const INFO_BYTES_MAX = 1024;

interface Derived {
  readonly key: KeyObject;
  readonly aad: Buffer;
}

function derive({ kekId, kek, share, context }: Wrapping): Derived {
  if (!isKeyId(kekId)) throw new RangeError("a key's id is 1 to 64 letters, digits, `_` and `-`");
  if (kek.type !== "secret" || kek.symmetricKeySize !== KEY_BYTES) throw new RangeError("a key-encryption key has 32 bytes");
  if (share.length !== KEY_BYTES) throw new RangeError("a share has 32 bytes");
  const aad = Buffer.from(`sallyport/wrap/sk1\n${kekId}\n${canonicalJson({ ...context })}`, "utf8");
  if (aad.length > INFO_BYTES_MAX) throw new RangeError("a key's context is too long");
  return { key: createSecretKey(Buffer.from(hkdfSync("sha256", kek, share, aad, KEY_BYTES))), aad };
}

/**
 * Wraps a data key for one context: `sk1.<kek id>.<base64url(nonce ‖ ciphertext ‖ tag)>` (docs/spec/key-envelope-v1.md).
 * AES-256-GCM under HKDF-SHA-256 (RFC 5869) of the key-encryption key, with the share as salt and the context as info;
 * the context is authenticated as well, so a wrapped key opens nowhere else.
 *
 * @throws RangeError for a key, share or data key that isn't 32 bytes, or a context that is too long.
 */
export function wrapDataKey(wrapping: Wrapping, dek: Uint8Array, random: RandomBytes = pooledRandom): string {
  if (dek.length !== KEY_BYTES) throw new RangeError("a data key has 32 bytes");
  const { key, aad } = derive(wrapping);
  return FORM.write(wrapping.kekId, aes256Gcm.seal(key, random(NONCE_BYTES), dek, aad));
}

/**
 * Unwraps a data key in the context that it was wrapped for. The answer is the 32 bytes; overwrite them when done.
 *
 * @throws SallyportError `phi.integrity` for every way of not opening: altered, another context, share or key-encryption key.
 * @throws RangeError as {@link wrapDataKey}.
 */
export function unwrapDataKey(wrapping: Wrapping, wrapped: string, aead: Aead = aes256Gcm): Buffer {
  const { key, aad } = derive(wrapping);
  const joined = FORM.read(wrapping.kekId, wrapped);
  if (joined === null) throw new SallyportError("phi.integrity");
  const dek = openJoined(aead, key, joined, aad);
  if (dek.length !== KEY_BYTES) throw new SallyportError("phi.integrity");
  return dek;
}

/** The id of the key-encryption key that a wrapped key names. @throws SallyportError `phi.integrity` for another form. */
export const wrappedBy = (wrapped: string): string => FORM.keyIdOf(wrapped);
