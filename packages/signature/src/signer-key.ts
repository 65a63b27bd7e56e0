import { decodeBase64url, encodeBase64url, ed25519Public, p256Public, verifyEd25519, verifyP256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** COSE_Key (RFC 9052 §7) up to the point, in the canonical form that authenticators are held to (CTAP 2.1 §8). */
const OKP = Buffer.from("a4010103272006215820", "hex");
const EC2 = Buffer.from("a5010203262001215820", "hex");
const EC2_Y = Buffer.from("225820", "hex");
const COORDINATE = 32;

const FORM = /^(Ed25519|P-256) ([A-Za-z0-9_-]{43,86})$/;

const invalid = (why: string, cause?: unknown): SallyportError => new SallyportError("signature.invalid", { why }, cause);

/**
 * A passkey's public key as a signature names it: `Ed25519 ` and its 32 bytes, or `P-256 ` and the 64 bytes of x and y, base64url.
 *
 * @param cose - COSE_Key, base64url. @throws SallyportError `signature.invalid` for another kind of key, or one in another form.
 */
export function signerKeyOf(cose: string): string {
  const bytes = decodeBase64url(cose) ?? Buffer.alloc(0);
  const body = bytes.subarray(OKP.length);
  if (bytes.subarray(0, OKP.length).equals(OKP) && body.length === COORDINATE) return `Ed25519 ${encodeBase64url(body)}`;
  const [x, middle, y] = [body.subarray(0, COORDINATE), body.subarray(COORDINATE, COORDINATE + EC2_Y.length), body.subarray(COORDINATE + EC2_Y.length)];
  if (bytes.subarray(0, EC2.length).equals(EC2) && middle.equals(EC2_Y) && y.length === COORDINATE) return `P-256 ${encodeBase64url(Buffer.concat([x, y]))}`;
  throw invalid("key");
}

/** Whether a passkey's signature (WebAuthn Level 3 §6.5.5) over these bytes is by this key. @throws SallyportError `signature.invalid` for what is no key. */
export function isSignedBy(key: string, data: Uint8Array, signature: Uint8Array): boolean {
  const [, algorithm, encoded = ""] = FORM.exec(key) ?? [];
  const point = decodeBase64url(encoded);
  if (point === null) throw invalid("key");
  try {
    return algorithm === "Ed25519"
      ? verifyEd25519(ed25519Public(point), data, signature)
      : verifyP256(p256Public(point.subarray(0, COORDINATE), point.subarray(COORDINATE)), data, signature);
  } catch (error) {
    throw invalid("key", error);
  }
}
