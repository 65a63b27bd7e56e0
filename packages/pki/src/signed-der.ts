import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, type Extension, Extensions, type Name, SubjectPublicKeyInfo, TBSCertificate, Validity, Version } from "@peculiar/asn1-x509";
import { serialToDer } from "./serial-number.ts";

/** ecdsa-with-SHA256 (RFC 5758 §3.2): no parameters. */
export const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
/** Ed25519 (RFC 8410 §3): no parameters. */
export const ED25519 = "1.3.101.112";

/** The signature algorithm that goes with a private key of a kind that we allow. */
export const signatureAlgorithm = (key: KeyObject): AlgorithmIdentifier => new AlgorithmIdentifier({ algorithm: key.asymmetricKeyType === "ed25519" ? ED25519 : ECDSA_SHA256 });

/** Signs DER with the algorithm of {@link signatureAlgorithm}; ECDSA values are DER sequences. */
export function signDer(der: ArrayBuffer, key: KeyObject): ArrayBuffer {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return new Uint8Array(sign(digest, new Uint8Array(der), { key, dsaEncoding: "der" })).buffer;
}

/** The SubjectPublicKeyInfo of a public key, or of the public half of a private one. */
export function publicKeyInfo(key: KeyObject): Buffer {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return half.export({ type: "spki", format: "der" });
}

/** The key identifier of a public key: the first 160 bits of the SHA-256 of its bits (RFC 7093 §2, method 1). */
export function keyIdentifier(key: KeyObject): Buffer {
  const { subjectPublicKey } = AsnConvert.parse(publicKeyInfo(key), SubjectPublicKeyInfo);
  return createHash("sha256").update(new Uint8Array(subjectPublicKey)).digest().subarray(0, 20);
}

/** What a certificate is made of. Times are whole seconds in DER, so milliseconds are dropped. */
export interface CertificateParts {
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Extension[];
}

/** Builds and signs a version 3 certificate; answers its DER. It judges nothing: {@link Authority} decides what may be issued. */
export function signCertificate(parts: CertificateParts): Buffer {
  const signature = signatureAlgorithm(parts.signingKey);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialToDer(parts.serial),
    signature,
    issuer: parts.issuer,
    validity: new Validity({ notBefore: new Date(parts.notBeforeMs), notAfter: new Date(parts.notAfterMs) }),
    subject: parts.subject,
    subjectPublicKeyInfo: AsnConvert.parse(publicKeyInfo(parts.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([...parts.extensions]),
  });
  const signatureValue = signDer(AsnConvert.serialize(tbsCertificate), parts.signingKey);
  return Buffer.from(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: signature, signatureValue })));
}
