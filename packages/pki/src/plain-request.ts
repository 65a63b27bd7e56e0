import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  type Attribute,
  BasicConstraints,
  ExtendedKeyUsage,
  Extensions,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";
import { SallyportError } from "@sallyport/errors";
import { openRequest } from "./certificate-request.ts";
import { fromPem } from "./pem.ts";

/** PKCS #9 extensionRequest (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const BYTES_MAX = 8192;

/**
 * Refuses a request that a service may not make for itself: one without proof of possession, with a key that is neither P-256 nor Ed25519,
 * or that asks for more than a client's certificate of this one workload. What it asks for is never put into the certificate anyhow; a
 * request that asks for more is a mistake or an attempt, and whoever made it should learn so.
 *
 * @throws SallyportError `workload.request`.
 */
export function assertPlainRequest(csrPem: string, spiffe: string): void {
  const refused = (why: string, cause?: unknown): SallyportError => new SallyportError("workload.request", { why }, cause);
  if (csrPem.length > BYTES_MAX) throw refused("length");
  try {
    openRequest(csrPem);
  } catch (error) {
    throw refused("key or proof", error);
  }
  let isPlain = false;
  try {
    const [der = Buffer.alloc(0)] = fromPem("CERTIFICATE REQUEST", csrPem);
    const { attributes = [] } = AsnConvert.parse(der, CertificationRequest).certificationRequestInfo as { readonly attributes?: readonly Attribute[] };
    isPlain = [...attributes].every((attribute) => attribute.type === EXTENSION_REQUEST && attribute.values.every((value) => asksForItself(value, spiffe)));
  } catch (error) {
    throw refused("attributes", error);
  }
  if (!isPlain) throw refused("asks for more");
}

/** Whether requested extensions are those of a client's leaf of this very workload. */
function asksForItself(value: ArrayBuffer, spiffe: string): boolean {
  return [...AsnConvert.parse(value, Extensions)].every(({ extnID, extnValue }) => {
    const der = extnValue.buffer;
    switch (extnID) {
      case id_ce_basicConstraints: {
        const { cA, pathLenConstraint } = AsnConvert.parse(der, BasicConstraints);
        return !cA && pathLenConstraint === undefined;
      }
      case id_ce_subjectAltName: {
        const names = [...AsnConvert.parse(der, SubjectAlternativeName)];
        return names.length === 1 && names[0]?.uniformResourceIdentifier === spiffe;
      }
      case id_ce_extKeyUsage:
        return [...AsnConvert.parse(der, ExtendedKeyUsage)].every((purpose) => purpose === id_kp_clientAuth);
      case id_ce_keyUsage:
        // One byte of bits, of which digitalSignature alone may be set (RFC 5280 §4.2.1.3).
        return Buffer.from(der).length === 4 && Buffer.from(der)[3] === 0x80;
      default:
        return false;
    }
  });
}
