import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";

/** An Ed25519 key pair (RFC 8032); `raw` is the public key's 32 bytes. */
export interface Ed25519Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly raw: Buffer;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** PKCS #8 up to the seed (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** SubjectPublicKeyInfo up to the key (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** y-coordinates of the points whose order divides 8, sign bit cleared. A signature under such a key fits many messages. */
const LOW_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** 2^255 − 19, big-endian hex: a y-coordinate that isn't below it is a second spelling of another. */
const FIELD_PRIME = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";

const rawOf = (publicKey: KeyObject): Buffer => Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");

/** The raw public key (32 bytes) of a private Ed25519 key. @throws TypeError for another kind of key. */
export function ed25519RawOf(privateKey: KeyObject): Buffer {
  assertEd25519(privateKey, "private");
  return rawOf(createPublicKey(privateKey));
}

/** Makes a new key pair from the system's generator. */
export function generateEd25519(): Ed25519Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicKey, raw: rawOf(publicKey) };
}

/** The key pair of a seed (RFC 8032 §5.1.5). @throws RangeError where the seed isn't 32 bytes. */
export function ed25519FromSeed(seed: Uint8Array): Ed25519Pair {
  if (seed.length !== KEY_BYTES) throw new RangeError("an Ed25519 seed has 32 bytes");
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, raw: rawOf(publicKey) };
}

/**
 * Takes in a public key from its 32 bytes.
 *
 * @throws RangeError for another length, a point of low order, or a second spelling of a point.
 */
export function ed25519Public(raw: Uint8Array): KeyObject {
  if (raw.length !== KEY_BYTES) throw new RangeError("an Ed25519 public key has 32 bytes");
  const y = Buffer.from(raw);
  y.writeUInt8(y.readUInt8(KEY_BYTES - 1) & 0x7f, KEY_BYTES - 1);
  if (LOW_ORDER.has(y.toString("hex"))) throw new RangeError("an Ed25519 public key of low order is refused");
  if (y.reverse().toString("hex") >= FIELD_PRIME) throw new RangeError("an Ed25519 public key has one spelling");
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
}

function assertEd25519(key: KeyObject, type: "public" | "private"): void {
  if (key.asymmetricKeyType !== "ed25519" || key.type !== type) throw new TypeError(`this takes a ${type} Ed25519 key`);
}

/** Signs; 64 bytes, deterministic. @throws TypeError for another kind of key. */
export function signEd25519(privateKey: KeyObject, data: string | Uint8Array): Buffer {
  assertEd25519(privateKey, "private");
  return sign(null, typeof data === "string" ? Buffer.from(data, "utf8") : data, privateKey);
}

/** Signs as {@link signEd25519} does, on one of the threads that Node keeps for such work: the caller's goes on meanwhile. @throws TypeError as that. */
export function signEd25519Elsewhere(privateKey: KeyObject, data: string): Promise<Buffer> {
  assertEd25519(privateKey, "private");
  return new Promise((resolve, reject) => {
    sign(null, Buffer.from(data, "utf8"), privateKey, (error, signature) => (error === null ? resolve(signature) : reject(error)));
  });
}

/** Whether a signature holds. Another length than 64 bytes doesn't. @throws TypeError for another kind of key. */
export function verifyEd25519(publicKey: KeyObject, data: string | Uint8Array, signature: Uint8Array): boolean {
  assertEd25519(publicKey, "public");
  return signature.length === SIGNATURE_BYTES && verify(null, typeof data === "string" ? Buffer.from(data, "utf8") : data, publicKey, signature);
}
