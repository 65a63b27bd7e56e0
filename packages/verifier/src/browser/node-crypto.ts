import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";

// What verifying asks of Node's crypto, for a browser: SHA-256, Ed25519 and, of passkeys, P-256, by the audited noble libraries. The browser's own WebCrypto answers only
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

interface Ed25519Key {
  readonly type: "public";
  readonly asymmetricKeyType: "ed25519";
  readonly raw: Uint8Array;
}
interface P256Key {
  readonly type: "public";
  readonly asymmetricKeyType: "ec";
  readonly raw: Uint8Array;
}
interface P256Jwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

/** @throws RangeError for anything but the SubjectPublicKeyInfo of an Ed25519 key, or the JWK of a point on P-256. */
export function createPublicKey({ key }: { readonly key: Uint8Array | P256Jwk }): Ed25519Key | P256Key {
  if (!(key instanceof Uint8Array)) return p256Key(key);
  if (key.length !== 44 || Buffer.from(key.subarray(0, 12)).toString("hex") !== SPKI) throw new RangeError("only Ed25519 and P-256 keys are here");
  return { type: "public", asymmetricKeyType: "ed25519", raw: Uint8Array.from(key.subarray(12)) };
}

function p256Key({ kty, crv, x, y }: P256Jwk): P256Key {
  if (kty !== "EC" || crv !== "P-256") throw new RangeError("only Ed25519 and P-256 keys are here");
  const raw = Uint8Array.from(Buffer.concat([Buffer.of(4), Buffer.from(x, "base64"), Buffer.from(y, "base64")]));
  try {
    p256.Point.fromBytes(raw).assertValidity();
  } catch (error) {
    throw new RangeError("this is no point on P-256", { cause: error });
  }
  return { type: "public", asymmetricKeyType: "ec", raw };
}

/**
 * Whether a signature holds: of Ed25519 as RFC 8032 has it and Node does, so that no second spelling of a point passes; of P-256 over SHA-256, in DER.
 *
 * @throws RangeError for another digest than the key's own.
 */
export function verify(digest: "sha256" | null, data: Uint8Array, { asymmetricKeyType, raw }: Ed25519Key | P256Key, signature: Uint8Array): boolean {
  const [bytes, signed] = [Uint8Array.from(signature), Uint8Array.from(data)];
  if (asymmetricKeyType === "ed25519") {
    if (digest !== null) throw new RangeError("Ed25519 digests by itself");
    return ed25519.verify(bytes, signed, raw, { zip215: false });
  }
  if (digest !== "sha256") throw new RangeError("only SHA-256 is here");
  try {
    // As ECDSA has it: a signature and its mirror both hold.
    return p256.verify(bytes, signed, raw, { format: "der", lowS: false });
  } catch {
    return false;
  }
}

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
