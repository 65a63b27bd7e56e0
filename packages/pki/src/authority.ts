import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { id_kp_clientAuth, id_kp_serverAuth } from "@peculiar/asn1-x509";
import { SallyportError } from "@sallyport/errors";
import { alternativeNames, authorityKey, basicConstraints, extendedKeyUsage, keyUsage, subjectKey } from "./certificate-extensions.ts";
import { openRequest } from "./certificate-request.ts";
import { commonName, subjectOf } from "./distinguished-name.ts";
import { DNS_NAME, readCertificate } from "./certificate-facts.ts";
import { toPem } from "./pem.ts";
import { type RevokedEntry, signRevocationList } from "./revocation-list.ts";
import { newSerial } from "./serial-number.ts";
import { keyIdentifier, signCertificate } from "./signed-der.ts";
import { parseSpiffeId } from "./spiffe-id.ts";

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 86_400_000;
/** A day; processes renew at two thirds of it. */
const LIFETIME_SECONDS_DEFAULT = 86_400;
const LIFETIME_SECONDS_MAX = 7 * 86_400;

/** A certificate authority as it is kept: the key belongs in the custodian's sealed store and nowhere else. */
export interface AuthorityMaterial {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Makes a self-signed certificate authority of one trust domain: ECDSA P-256, path length 0, no purpose but to sign. */
export function createAuthority(options: { readonly trustDomain: string; readonly now: () => number; readonly years: number }): AuthorityMaterial {
  const uri = `spiffe://${options.trustDomain}`;
  if (parseSpiffeId(uri) === null) throw new TypeError("not a trust domain");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const nowMs = options.now();
  const serial = newSerial();
  // The serial is in the name so that two authorities of one deployment, as during a rotation, are never mistaken for each other.
  const name = commonName(`${options.trustDomain} CA ${serial.slice(0, 8)}`);
  const der = signCertificate({
    serial,
    issuer: name,
    subject: name,
    notBeforeMs: nowMs - MINUTE_MS,
    notAfterMs: nowMs + options.years * YEAR_MS,
    publicKey,
    signingKey: privateKey,
    extensions: [basicConstraints(true), keyUsage(true), alternativeNames(uri, []), subjectKey(keyIdentifier(publicKey)), authorityKey(keyIdentifier(publicKey))],
  });
  return { certPem: toPem("CERTIFICATE", der), keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** What a workload asks for, and what its enroller vouches for. */
export interface IssueRequest {
  readonly csrPem: string;
  /** The whole SPIFFE ID; it must be one of the authority's trust domain. */
  readonly spiffe: string;
  /** The names under which it listens. None makes a certificate that can only call; any makes one that can listen and call. */
  readonly dns: readonly string[];
  /** From now; a day if absent, at most seven days, and never beyond the authority's own end. */
  readonly lifetimeSeconds?: number;
}

/** A certificate as issued. */
export interface IssuedCertificate {
  readonly certPem: string;
  /** The end of its life, seconds since the epoch. */
  readonly notAfterS: number;
  /** Lower-case hex, 32 digits. */
  readonly serial: string;
}

/** Issues workload certificates and the list of those that no longer count. Pure but for randomness: it keeps no record of what it issued. */
export class Authority {
  readonly certPem: string;
  readonly trustDomain: string;
  readonly #certificate: X509Certificate;
  readonly #key: KeyObject;
  readonly #now: () => number;

  /** @throws SallyportError `custodian.store` when key and certificate don't belong together, or are no authority of a trust domain. */
  constructor(material: AuthorityMaterial, now: () => number = Date.now) {
    const certificate = new X509Certificate(material.certPem);
    const key = createPrivateKey(material.keyPem);
    const uris = readCertificate(certificate.raw)?.uris ?? [];
    const id = uris.length === 1 ? parseSpiffeId(uris[0] ?? "") : null;
    if (!certificate.ca || !certificate.checkPrivateKey(key) || id === null || id.path !== "") throw new SallyportError("custodian.store", { part: "ca" });
    this.certPem = material.certPem;
    this.trustDomain = id.trustDomain;
    this.#certificate = certificate;
    this.#key = key;
    this.#now = now;
  }

  /**
   * Issues a certificate for the key that the request proves. It starts a minute back, so that a clock a little behind takes it.
   * @throws SallyportError `verb.invalid` for a bad request, a foreign SPIFFE ID, a DNS name that is not lower-case LDH, or a life that is too long.
   */
  issue(request: IssueRequest): IssuedCertificate {
    const publicKey = openRequest(request.csrPem);
    const id = parseSpiffeId(request.spiffe);
    if (id === null || id.trustDomain !== this.trustDomain || id.path === "") throw new SallyportError("verb.invalid", { part: "spiffe" });
    if (!request.dns.every((name) => DNS_NAME.test(name))) throw new SallyportError("verb.invalid", { part: "dns" });
    const lifetimeSeconds = request.lifetimeSeconds ?? LIFETIME_SECONDS_DEFAULT;
    if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > LIFETIME_SECONDS_MAX) throw new SallyportError("verb.invalid", { part: "lifetime" });
    const nowMs = this.#now();
    const notAfterS = Math.min(Math.floor(nowMs / 1000) + lifetimeSeconds, Math.floor(Date.parse(this.#certificate.validTo) / 1000));
    const serial = newSerial();
    const der = signCertificate({
      serial,
      issuer: subjectOf(this.#certificate),
      subject: commonName(id.path.slice(1)),
      notBeforeMs: nowMs - MINUTE_MS,
      notAfterMs: notAfterS * 1000,
      publicKey,
      signingKey: this.#key,
      extensions: [
        basicConstraints(false),
        keyUsage(false),
        extendedKeyUsage(request.dns.length > 0 ? [id_kp_serverAuth, id_kp_clientAuth] : [id_kp_clientAuth]),
        alternativeNames(request.spiffe, request.dns),
        subjectKey(keyIdentifier(publicKey)),
        authorityKey(keyIdentifier(this.#key)),
      ],
    });
    return { certPem: toPem("CERTIFICATE", der), notAfterS, serial };
  }

  /**
   * Signs the list of revoked serials as it stands now, in the PEM label that Node's `crl` option takes.
   * After `nextUpdateSeconds` the list is stale, and every peer that checks it refuses everyone.
   */
  revocationList(entries: readonly RevokedEntry[], nextUpdateSeconds: number): { readonly pem: string; readonly nextUpdateS: number } {
    const issuer = subjectOf(this.#certificate);
    return signRevocationList({ issuer, key: this.#key, entries, nowMs: this.#now(), nextUpdateSeconds });
  }
}
