import { type KeyObject, X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  SubjectAlternativeName,
  Version,
} from "@peculiar/asn1-x509";
import { serialFromDer } from "./serial-number.ts";

/** A DNS name as we issue and take it: lower-case letters, digits and hyphens in labels, nothing else. */
export const DNS_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

const KNOWN = new Set([id_ce_authorityKeyIdentifier, id_ce_basicConstraints, id_ce_extKeyUsage, id_ce_keyUsage, id_ce_subjectAltName, id_ce_subjectKeyIdentifier]);

/** What a certificate says about itself, read from its DER; nothing of it is judged yet. */
export interface CertificateFacts {
  readonly version: number;
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly key: KeyObject;
  readonly signatureOid: string;
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  /** How many alternative names are of any other kind. */
  readonly otherNames: number;
  readonly purposes: readonly string[];
  readonly isAuthority: boolean;
  /** The first byte of KeyUsage, digitalSignature being 0x80, keyCertSign 0x04, cRLSign 0x02; null if absent. */
  readonly keyUsage: number | null;
  /** Of the authority that signed it, as it says: its key's identifier, lower-case hex; null if absent. */
  readonly authority: string | null;
  /** Whether an extension is there twice, or is critical and of a kind that we don't know. */
  readonly hasUnsoundExtensions: boolean;
}

/** Reads a certificate from exactly these bytes, or answers null when they are not one. */
export function readCertificate(der: Uint8Array): CertificateFacts | null {
  try {
    const native = new X509Certificate(der);
    if (native.raw.byteLength !== der.byteLength) return null;
    const certificate = AsnConvert.parse(der, Certificate);
    const tbs = certificate.tbsCertificate;
    const extensions = tbs.extensions ?? [];
    const value = (oid: string) => extensions.find((extension) => extension.extnID === oid)?.extnValue.buffer;
    const names = value(id_ce_subjectAltName);
    const general = names === undefined ? [] : [...AsnConvert.parse(names, SubjectAlternativeName)];
    const constraints = value(id_ce_basicConstraints);
    const basic = constraints === undefined ? new BasicConstraints() : AsnConvert.parse(constraints, BasicConstraints);
    const purposes = value(id_ce_extKeyUsage);
    const usage = value(id_ce_keyUsage);
    const oids = extensions.map((extension) => extension.extnID);
    const issuer = value(id_ce_authorityKeyIdentifier);
    const identifier = issuer === undefined ? undefined : AsnConvert.parse(issuer, AuthorityKeyIdentifier).keyIdentifier;
    const uris = general.flatMap((name) => name.uniformResourceIdentifier ?? []);
    const dns = general.flatMap((name) => name.dNSName ?? []);
    return {
      version: Number(tbs.version) === Version.v3 ? 3 : Number(tbs.version) + 1,
      serial: serialFromDer(tbs.serialNumber),
      notBeforeMs: tbs.validity.notBefore.getTime().getTime(),
      notAfterMs: tbs.validity.notAfter.getTime().getTime(),
      key: native.publicKey,
      signatureOid: certificate.signatureAlgorithm.algorithm === tbs.signature.algorithm ? tbs.signature.algorithm : "",
      uris,
      dns,
      otherNames: general.length - uris.length - dns.length,
      purposes: purposes === undefined ? [] : [...AsnConvert.parse(purposes, ExtendedKeyUsage)],
      isAuthority: basic.cA || basic.pathLenConstraint !== undefined,
      keyUsage: usage === undefined ? null : (new Uint8Array(usage)[3] ?? 0),
      authority: identifier === undefined ? null : Buffer.from(identifier.buffer).toString("hex"),
      hasUnsoundExtensions: new Set(oids).size !== oids.length || extensions.some((extension) => extension.critical && !KNOWN.has(extension.extnID)),
    };
  } catch {
    return null;
  }
}
