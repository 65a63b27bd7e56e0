import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Name, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { SallyportError } from "@sallyport/errors";
import { fromPem, toPem } from "./pem.ts";
import { isAllowedKey } from "./allowed-key.ts";
import { publicKeyInfo, signatureAlgorithm, signDer } from "./signed-der.ts";

/** A new key and the request that proves its possession. */
export interface CertificateRequest {
  readonly csrPem: string;
  /** PKCS #8. It is to be written with {@link writeIdentity} and nowhere else. */
  readonly keyPem: string;
}

/** Makes an ECDSA P-256 key and a PKCS #10 request for it. The request names nobody: who it is for is the issuer's to say. */
export function createRequest(): CertificateRequest {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: new Name(),
    subjectPKInfo: AsnConvert.parse(publicKeyInfo(publicKey), SubjectPublicKeyInfo),
  });
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: signatureAlgorithm(privateKey),
    signature: signDer(AsnConvert.serialize(certificationRequestInfo), privateKey),
  });
  return {
    csrPem: toPem("CERTIFICATE REQUEST", new Uint8Array(AsnConvert.serialize(request))),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/**
 * The public key of a request whose signature proves that the asker holds the private one.
 * Everything else that the request says is ignored.
 * @throws SallyportError `verb.invalid` for anything else, a key of a kind that is not allowed included.
 */
export function openRequest(csrPem: string): KeyObject {
  try {
    const [der, second] = fromPem("CERTIFICATE REQUEST", csrPem);
    if (der === undefined || second !== undefined) throw new SallyportError("verb.invalid", { part: "csr" });
    const request = AsnConvert.parse(der, CertificationRequest);
    const info = request.certificationRequestInfo;
    const key = createPublicKey({ key: Buffer.from(AsnConvert.serialize(info.subjectPKInfo)), type: "spki", format: "der" });
    const signed = new Uint8Array(request.certificationRequestInfoRaw ?? AsnConvert.serialize(info));
    const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
    const proven = isAllowedKey(key) && verify(digest, signed, { key, dsaEncoding: "der" }, new Uint8Array(request.signature));
    if (!proven) throw new SallyportError("verb.invalid", { part: "csr" });
    return key;
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError("verb.invalid", { part: "csr" }, error);
  }
}
