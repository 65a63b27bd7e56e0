import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { CertificateList, CRLNumber, id_ce_cRLNumber, type Name, RevokedCertificate, TBSCertList, Time, Version } from "@peculiar/asn1-x509";
import { SallyportError } from "@sallyport/errors";
import { authorityKey, extension } from "./certificate-extensions.ts";
import { fromPem, toPem } from "./pem.ts";
import { serialFromDer, serialToDer } from "./serial-number.ts";
import { keyIdentifier, signatureAlgorithm, signDer } from "./signed-der.ts";

/** One certificate that no longer counts, and since when. */
export interface RevokedEntry {
  /** Lower-case hex, as {@link IssuedCertificate.serial}. */
  readonly serial: string;
  readonly atMs: number;
}

/** Signs a version 2 list (RFC 5280 §5). Its number is the time of its making in seconds, so a later list has a higher one. */
export function signRevocationList(list: {
  readonly issuer: Name;
  readonly key: KeyObject;
  readonly entries: readonly RevokedEntry[];
  readonly nowMs: number;
  readonly nextUpdateSeconds: number;
}): { readonly pem: string; readonly nextUpdateS: number } {
  const signature = signatureAlgorithm(list.key);
  const nowS = Math.floor(list.nowMs / 1000);
  const nextUpdateS = nowS + list.nextUpdateSeconds;
  const revoked = list.entries.map((entry) => new RevokedCertificate({ userCertificate: serialToDer(entry.serial), revocationDate: new Time(new Date(entry.atMs)) }));
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature,
    issuer: list.issuer,
    thisUpdate: new Time(new Date(nowS * 1000)),
    nextUpdate: new Time(new Date(nextUpdateS * 1000)),
    // RFC 5280 §5.1.2.6: with nobody on it, the field itself must be absent.
    ...(revoked.length > 0 && { revokedCertificates: revoked }),
    crlExtensions: [authorityKey(keyIdentifier(list.key)), extension(id_ce_cRLNumber, false, AsnConvert.serialize(new CRLNumber(nowS)))],
  });
  const signed = new CertificateList({ tbsCertList, signatureAlgorithm: signature, signature: signDer(AsnConvert.serialize(tbsCertList), list.key) });
  return { pem: toPem("X509 CRL", new Uint8Array(AsnConvert.serialize(signed))), nextUpdateS };
}

/** A revocation list that was read and whose signature holds. */
export interface RevocationList {
  readonly serials: ReadonlySet<string>;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
}

/**
 * Reads the list of each authority in `caPem` – all of them, and no others' – from one text, as one: who is on any of them, and when the first is stale.
 * @throws as {@link readRevocationList}; also where an authority has no list: who it revoked couldn't be told.
 */
export function readRevocationLists(pems: string, caPem: string): RevocationList & { readonly pems: readonly string[] } {
  const each = fromPem("X509 CRL", pems).map((der) => toPem("X509 CRL", der));
  const lists = fromPem("CERTIFICATE", caPem).map((ca) => {
    const authority = toPem("CERTIFICATE", ca);
    const own = each.flatMap((pem) => {
      try {
        return [readRevocationList(pem, authority)];
      } catch {
        return [];
      }
    });
    if (own.length !== 1) throw new SallyportError("workload.crl_stale", { reason: "an authority has no list" });
    return own;
  });
  const all = lists.flat();
  if (all.length === 0 || all.length !== each.length) throw new SallyportError("workload.crl_stale", { reason: "unproven" });
  return {
    pems: each,
    serials: new Set(all.flatMap(({ serials }) => [...serials])),
    thisUpdateMs: Math.min(...all.map(({ thisUpdateMs }) => thisUpdateMs)),
    nextUpdateMs: Math.min(...all.map(({ nextUpdateMs }) => nextUpdateMs)),
  };
}

/** The authorities of a text, by the identifiers of their keys, lower-case hex, in order. */
export const authorityIds = (caPem: string): readonly string[] =>
  fromPem("CERTIFICATE", caPem).map((der) => Buffer.from(keyIdentifier(new X509Certificate(der).publicKey)).toString("hex"));

/** Whether one of the authorities of this text signed this certificate (PEM). */
export const isIssuedBy = (certPem: string, caPem: string): boolean => {
  const leaf = new X509Certificate(certPem);
  return fromPem("CERTIFICATE", caPem).some((der) => leaf.verify(new X509Certificate(der).publicKey));
};

/**
 * Reads a list and proves that one of the authorities in `caPem` signed it. Staleness is for the caller to judge, at each use.
 * @throws SallyportError `workload.crl_stale` for anything that can't be read or proven: what can't be read can't be relied on.
 */
export function readRevocationList(pem: string, caPem: string): RevocationList {
  try {
    const [der, second] = fromPem("X509 CRL", pem);
    if (der === undefined || second !== undefined) throw new SallyportError("workload.crl_stale", { reason: "unreadable" });
    const list = AsnConvert.parse(der, CertificateList);
    const tbs = list.tbsCertList;
    const signed = new Uint8Array(list.tbsCertListRaw ?? AsnConvert.serialize(tbs));
    const keys = fromPem("CERTIFICATE", caPem).map((ca) => new X509Certificate(ca).publicKey);
    const proven = keys.some((key) => verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", signed, { key, dsaEncoding: "der" }, new Uint8Array(list.signature)));
    if (!proven || tbs.nextUpdate === undefined) throw new SallyportError("workload.crl_stale", { reason: "unproven" });
    return {
      serials: new Set((tbs.revokedCertificates ?? []).map((entry) => serialFromDer(entry.userCertificate))),
      thisUpdateMs: tbs.thisUpdate.getTime().getTime(),
      nextUpdateMs: tbs.nextUpdate.getTime().getTime(),
    };
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError("workload.crl_stale", { reason: "unreadable" }, error);
  }
}
