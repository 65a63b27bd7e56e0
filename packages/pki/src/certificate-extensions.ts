import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  Extension,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";

/** Wraps a DER value as an extension. */
export function extension(extnID: string, critical: boolean, value: ArrayBuffer | Uint8Array): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(value) });
}

/** BasicConstraints, critical. A certificate authority of ours signs leaves only, hence path length 0. */
export const basicConstraints = (authority: boolean): Extension =>
  extension(id_ce_basicConstraints, true, AsnConvert.serialize(new BasicConstraints(authority ? { cA: true, pathLenConstraint: 0 } : { cA: false })));

/** KeyUsage, critical: keyCertSign and cRLSign for an authority, digitalSignature for a leaf (RFC 5280 §4.2.1.3). */
export const keyUsage = (authority: boolean): Extension => extension(id_ce_keyUsage, true, Uint8Array.from(authority ? [3, 2, 1, 0x06] : [3, 2, 7, 0x80]));

/** ExtendedKeyUsage of the purposes given. */
export const extendedKeyUsage = (purposes: readonly string[]): Extension => extension(id_ce_extKeyUsage, false, AsnConvert.serialize(new ExtendedKeyUsage([...purposes])));

/** SubjectAltName of one URI and the DNS names given. */
export function alternativeNames(uri: string, dns: readonly string[]): Extension {
  const names = [new GeneralName({ uniformResourceIdentifier: uri }), ...dns.map((dNSName) => new GeneralName({ dNSName }))];
  return extension(id_ce_subjectAltName, false, AsnConvert.serialize(new SubjectAlternativeName(names)));
}

/** SubjectKeyIdentifier. */
export const subjectKey = (id: Uint8Array): Extension => extension(id_ce_subjectKeyIdentifier, false, AsnConvert.serialize(new SubjectKeyIdentifier(id)));

/** AuthorityKeyIdentifier. */
export const authorityKey = (id: Uint8Array): Extension =>
  extension(id_ce_authorityKeyIdentifier, false, AsnConvert.serialize(new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(id) })));
