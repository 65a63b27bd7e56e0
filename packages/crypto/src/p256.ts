import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { encodeBase64url } from "./base64url.ts";

const COORDINATE_BYTES = 32;

/** A P-256 key pair (FIPS 186-5); `x` and `y` are the public point's coordinates, 32 bytes each. */
export interface P256Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly x: Buffer;
  readonly y: Buffer;
}

/** Makes a new key pair from the system's generator. */
export function generateP256(): P256Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return { privateKey, publicKey, x: Buffer.from(x, "base64url"), y: Buffer.from(y, "base64url") };
}

/**
 * Takes in a public key from its two coordinates.
 *
 * @throws RangeError for another length, or a point that isn't on the curve.
 */
export function p256Public(x: Uint8Array, y: Uint8Array): KeyObject {
  if (x.length !== COORDINATE_BYTES || y.length !== COORDINATE_BYTES) throw new RangeError("a P-256 coordinate has 32 bytes");
  const jwk = { kty: "EC", crv: "P-256", x: encodeBase64url(x), y: encodeBase64url(y) };
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch (error) {
    throw new RangeError("a P-256 public key is a point on its curve", { cause: error });
  }
}

/** ECDSA over SHA-256 in DER, as WebAuthn carries it (WebAuthn Level 3 §6.5.5). @throws TypeError for another kind of key. */
export function signP256(privateKey: KeyObject, data: Uint8Array): Buffer {
  if (privateKey.asymmetricKeyType !== "ec" || privateKey.type !== "private") throw new TypeError("this takes a private P-256 key");
  return sign("sha256", data, privateKey);
}

/** Whether such a signature holds. @throws TypeError for another kind of key. */
export function verifyP256(publicKey: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.asymmetricKeyType !== "ec" || publicKey.type !== "public") throw new TypeError("this takes a public P-256 key");
  return verify("sha256", data, publicKey, signature);
}
