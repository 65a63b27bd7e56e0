import { createHash } from "node:crypto";
import { id_kp_clientAuth, id_kp_serverAuth } from "@peculiar/asn1-x509";
import { SallyportError } from "@sallyport/errors";
import { isAllowedKey } from "./allowed-key.ts";
import { type CertificateFacts, DNS_NAME, readCertificate } from "./certificate-facts.ts";
import { ECDSA_SHA256, ED25519 } from "./signed-der.ts";
import { parseSpiffeId } from "./spiffe-id.ts";

/** Who is at the other end of a connection, as its certificate proves. */
export interface PeerIdentity {
  readonly spiffe: string;
  /** The certificate's thumbprint as tokens are bound to it: base64url of the SHA-256 of its DER (RFC 8705 §3.1). */
  readonly x5t: string;
  /** Lower-case hex, 32 digits. */
  readonly serial: string;
  readonly notAfterMs: number;
}

/** Which end of the connection the certificate speaks for. */
export type PeerRole = "client" | "server";

/** What a certificate is judged against. */
export interface PeerExpectation {
  readonly trustDomain: string;
  readonly nowMs: number;
  /** `client` if absent. */
  readonly role?: PeerRole;
}

/** A certificate whose form was proven; its dates are for {@link assertInDate}, at each use. */
export interface PeerCertificate extends PeerIdentity {
  /** Its authority's key, by its identifier in lower-case hex; empty where it names none. That this key signed it is for TLS to prove. */
  readonly authority: string;
  readonly notBeforeMs: number;
}

const PURPOSE: Record<PeerRole, string> = { client: id_kp_clientAuth, server: id_kp_serverAuth };
const PURPOSES = new Set<string>(Object.values(PURPOSE));
const DIGITAL_SIGNATURE = 0x80;
const SIGNS_OTHERS = 0x04 | 0x02;

/** Names what keeps a certificate from naming exactly one workload of the trust domain, or null when nothing does. */
function flawOf(facts: CertificateFacts, trustDomain: string, role: PeerRole): string | null {
  const [uri, ...more] = facts.uris;
  if (facts.version !== 3) return "version";
  if (facts.hasUnsoundExtensions) return "extensions";
  if (facts.signatureOid !== ECDSA_SHA256 && facts.signatureOid !== ED25519) return "signature_algorithm";
  if (!isAllowedKey(facts.key)) return "key_type";
  if (facts.isAuthority) return "authority";
  if (facts.keyUsage === null || (facts.keyUsage & DIGITAL_SIGNATURE) === 0 || (facts.keyUsage & SIGNS_OTHERS) !== 0) return "key_usage";
  if (!facts.purposes.includes(PURPOSE[role]) || !facts.purposes.every((purpose) => PURPOSES.has(purpose))) return "purpose";
  if (uri === undefined || more.length > 0) return "uri_count";
  if (facts.otherNames > 0) return "other_names";
  // A process that listens also calls, with the same certificate; so DNS names may stand where serverAuth stands, and nowhere else.
  if (facts.dns.length > 0 && !facts.purposes.includes(id_kp_serverAuth)) return "dns_names";
  if (!facts.dns.every((name) => DNS_NAME.test(name))) return "dns_names";
  const id = parseSpiffeId(uri);
  if (id === null || id.path === "") return "spiffe_id";
  return id.trustDomain === trustDomain ? null : "trust_domain";
}

/** What a certificate is known by: SHA-256 of its DER, base64url (RFC 8705 §3.1). */
export const thumbprint = (certDer: Uint8Array): string => createHash("sha256").update(certDer).digest("base64url");

/** Proves the form of a certificate; see {@link peerIdentity}, which also looks at the clock. */
export function readPeerCertificate(certDer: Uint8Array, trustDomain: string, role: PeerRole): PeerCertificate {
  const facts = readCertificate(certDer);
  if (facts === null) throw new SallyportError("workload.invalid", { reason: "unreadable" });
  const flaw = flawOf(facts, trustDomain, role);
  if (flaw !== null) throw new SallyportError("workload.invalid", { reason: flaw, serial: facts.serial });
  return {
    spiffe: facts.uris[0] ?? "",
    x5t: thumbprint(certDer),
    serial: facts.serial,
    authority: facts.authority ?? "",
    notBeforeMs: facts.notBeforeMs,
    notAfterMs: facts.notAfterMs,
  };
}

/** Throws `workload.revoked` once a certificate has ended, and `workload.invalid` before it begins. */
export function assertInDate(certificate: PeerCertificate, nowMs: number): void {
  if (nowMs >= certificate.notAfterMs) throw new SallyportError("workload.revoked", { reason: "expired", serial: certificate.serial });
  if (nowMs < certificate.notBeforeMs) throw new SallyportError("workload.invalid", { reason: "not_yet_valid", serial: certificate.serial });
}

/**
 * Proves that a certificate names exactly one workload of the trust domain, and answers which.
 *
 * It judges the certificate alone; that one of our authorities signed it is for TLS to prove first. Required: version 3; exactly one URI
 * name, a canonical SPIFFE ID with a path; the purpose of its role, and none but clientAuth and serverAuth; not an authority; a key
 * usage of digitalSignature that signs no certificates; a key on P-256 or Ed25519; in date. DNS names (lower-case LDH) are taken only
 * beside serverAuth; a name of any other kind is refused, since whoever reads names with another parser could take it for the identity.
 *
 * @throws SallyportError `workload.invalid`, with the reason in its context; `workload.revoked` when it has expired.
 */
export function peerIdentity(certDer: Uint8Array, expected: PeerExpectation): PeerIdentity {
  const certificate = readPeerCertificate(certDer, expected.trustDomain, expected.role ?? "client");
  assertInDate(certificate, expected.nowMs);
  return certificate;
}
