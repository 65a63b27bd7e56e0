import type { X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Certificate, Name, RelativeDistinguishedName } from "@peculiar/asn1-x509";

const COMMON_NAME = "2.5.4.3";

/** A distinguished name of one common name. It is for people only: no check reads it. */
export function commonName(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

/** The subject of a certificate, to be the issuer of another. */
export const subjectOf = (certificate: X509Certificate): Name => AsnConvert.parse(certificate.raw, Certificate).tbsCertificate.subject;
