import { createECDH, createHash, createPrivateKey, createPublicKey, ECDH, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";

/** A service's name, as it stands at the end of its SPIFFE ID. */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{1,37}$/;
/** The public half of a code: a point of P-256 in its compressed form (SEC 1 §2.3.3), base64url. */
export const CODE_KEY = /^[A-Za-z0-9_-]{44}$/;
const CODE = /^svc1\.([a-z][a-z0-9-]{1,37})\.([A-Za-z0-9_-]{43})$/;
const CURVE = "prime256v1";

/**
 * A service's one-time code, taken apart: `svc1.<service>.<32 bytes, base64url>`. The bytes are a private key. Who holds the code proves it by
 * a signature over one certificate request, so it is never sent, and what is kept of it, its public half, opens nothing.
 */
export interface ServiceCode {
  readonly service: string;
  readonly codeKey: string;
  readonly privateKey: KeyObject;
}

/** Makes a code for a service. The text is shown or written once, and kept nowhere. */
export function makeServiceCode(service: string): { readonly code: string; readonly codeKey: string } {
  if (!SERVICE_NAME.test(service)) throw new RangeError("not a service's name");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { d = "" } = privateKey.export({ format: "jwk" });
  return { code: `svc1.${service}.${d}`, codeKey: codeKeyOf(Buffer.from(d, "base64url")) };
}

/** Reads a code, or answers null for what isn't one. White space around it is how files end. */
export function readServiceCode(text: string): ServiceCode | null {
  const [, service, d] = CODE.exec(text.trim()) ?? [];
  if (service === undefined || d === undefined) return null;
  try {
    const codeKey = codeKeyOf(Buffer.from(d, "base64url"));
    return { service, codeKey, privateKey: createPrivateKey({ key: { ...jwkOf(codeKey), d }, format: "jwk" }) };
  } catch {
    return null;
  }
}

/** What a code signs: this service's request, and no other. */
const enrolmentText = (service: string, csr: string): Buffer => Buffer.from(`sallyport/service-enrol/v1\n${service}\n${hashOf(csr)}\n`);
/** What a certificate's key signs for the one that comes after it. */
const renewalText = (workload: string, csr: string): Buffer => Buffer.from(`sallyport/service-renew/v1\n${workload}\n${hashOf(csr)}\n`);

/** The proof that a code's holder made this request. */
export const enrolmentProof = ({ service, privateKey }: ServiceCode, csr: string): string => sign("sha256", enrolmentText(service, csr), privateKey).toString("base64url");

/** Whether the holder of the code made this very request for this service. */
export function isEnrolmentProof({ service, codeKey, csr, proof }: { readonly service: string; readonly codeKey: string; readonly csr: string; readonly proof: string }): boolean {
  try {
    return verify("sha256", enrolmentText(service, csr), createPublicKey({ key: jwkOf(codeKey), format: "jwk" }), Buffer.from(proof, "base64url"));
  } catch {
    return false;
  }
}

/** The proof that the holder of the present certificate's key made the request for the next one. */
export const renewalProof = (keyPem: string, workload: string, csr: string): string => {
  const key = createPrivateKey(keyPem);
  return sign(digestOf(key), renewalText(workload, csr), key).toString("base64url");
};

/** Whether the holder of this key made this very request for this workload. */
export function isRenewalProof(key: KeyObject, { workload, csr, proof }: { readonly workload: string; readonly csr: string; readonly proof: string }): boolean {
  try {
    return verify(digestOf(key), renewalText(workload, csr), key, Buffer.from(proof, "base64url"));
  } catch {
    return false;
  }
}

const digestOf = (key: KeyObject): "sha256" | null => (key.asymmetricKeyType === "ed25519" ? null : "sha256");
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function codeKeyOf(d: Buffer): string {
  const pair = createECDH(CURVE);
  pair.setPrivateKey(d);
  return pair.getPublicKey("base64url", "compressed");
}

/** @throws where the text isn't a point of the curve. */
function jwkOf(codeKey: string): { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string } {
  const point = ECDH.convertKey(Buffer.from(codeKey, "base64url"), CURVE, undefined, undefined, "uncompressed") as Buffer;
  return { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
}
