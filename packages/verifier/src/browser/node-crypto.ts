import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

// What verifying asks of Node's crypto, for a browser: SHA-256 and Ed25519, by the audited noble libraries. The browser's own WebCrypto answers only
// later and digests only what is in memory whole. Nothing secret is ever in here, so nothing else of Node's crypto has a place.

type Bytes = string | Uint8Array;
const bytesOf = (data: Bytes): Uint8Array => (typeof data === "string" ? Buffer.from(data, "utf8") : data);

class Sha256 {
  readonly #state = sha256.create();

  update(data: Bytes): this {
    this.#state.update(bytesOf(data));
    return this;
  }

  digest(): Buffer;
  digest(form: "hex"): string;
  digest(form?: "hex"): Buffer | string {
    const bytes = Buffer.from(this.#state.digest());
    return form === undefined ? bytes : bytes.toString(form);
  }
}

/** @throws RangeError for another digest than SHA-256. */
export function createHash(name: string): Sha256 {
  if (name !== "sha256") throw new RangeError("only SHA-256 is here");
  return new Sha256();
}

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 §4): 12 bytes, then the key. */
const SPKI = "302a300506032b6570032100";

interface PublicKey {
  readonly type: "public";
  readonly asymmetricKeyType: "ed25519";
  readonly raw: Uint8Array;
}

/** @throws RangeError for anything but the SubjectPublicKeyInfo of an Ed25519 key. */
export function createPublicKey({ key }: { readonly key: Uint8Array }): PublicKey {
  if (key.length !== 44 || Buffer.from(key.subarray(0, 12)).toString("hex") !== SPKI) throw new RangeError("only Ed25519 keys are here");
  return { type: "public", asymmetricKeyType: "ed25519", raw: Uint8Array.from(key.subarray(12)) };
}

/** Whether a signature holds, as RFC 8032 has it and Node does: no second spelling of a point passes. */
export const verify = (_: null, data: Uint8Array, { raw }: PublicKey, signature: Uint8Array): boolean =>
  ed25519.verify(Uint8Array.from(signature), Uint8Array.from(data), raw, { zip215: false });

const refuse = (): never => {
  throw new Error("a verifier has no secret, and makes nothing");
};
export {
  refuse as createCipheriv,
  refuse as createDecipheriv,
  refuse as createHmac,
  refuse as createPrivateKey,
  refuse as createSecretKey,
  refuse as generateKeyPairSync,
  refuse as hkdfSync,
  refuse as randomFillSync,
  refuse as sign,
  refuse as timingSafeEqual,
};
