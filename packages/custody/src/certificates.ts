import { X509Certificate } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { createRequest, type Identity, thumbprint } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { Authorities, newAuthoritySecret } from "./authorities.ts";
import type { KeyKinds } from "./key-kinds.ts";
import type { HeldCertificate } from "./standing.ts";
import type { Issued, IssueRequest } from "./model.ts";
import type { ServiceAuthority } from "./service-certificates.ts";

const LIFETIME_S = 86_400;
const LIST_LIFETIME_S = 3600;
/** The lists are made anew after this, long before they are stale. */
const LIST_AGE_MS = 600_000;
/** What was issued before authorities turned is of this one, and trusts it. */
const FIRST = "ca-1";

/** What a store has to know of certificates, by kind. */
export interface CertificateKinds {
  /** By the thumbprint of its DER (RFC 8705 §3.1). */
  readonly certificate: {
    readonly spiffe: string;
    readonly serial: string;
    readonly notAfterS: number;
    readonly endedMs?: number;
    /** The authority that issued it, and those that went out with it as the ones to trust, by their ids in the ring. */
    readonly ca?: string;
    readonly trusts?: readonly string[];
    /** When it was first seen in use, or its supervisor said that it is in its place: then what it trusts is in its place too, which is written before it. */
    readonly shownMs?: number;
  };
  readonly revocation: { readonly atMs: number };
}
type Entry = CertificateKinds["certificate"];
type Kinds = CertificateKinds & Pick<KeyKinds, "keyring">;

/** Port: the part of the custodian's store that certificates work on. */
export interface CertificateStore {
  readonly deployment: { readonly trustDomain: string };
  get<K extends keyof Kinds>(kind: K, id: string): Kinds[K] | undefined;
  all<K extends keyof Kinds>(kind: K): ReadonlyMap<string, Kinds[K]>;
  put<K extends keyof CertificateKinds>(kind: K, id: string, value: CertificateKinds[K] | null): void;
  record(action: string, resource: string, detail: string): void;
  durable(): Promise<void>;
}

/** Port: what turning the authority is held against. */
export interface AuthorityClients {
  /** A new authority, as the ring keeps it. */
  newSecret(): string;
  /** Workloads with a certificate in force that haven't shown that they trust this authority. */
  lacking(id: string): readonly string[];
  /** Workloads that haven't shown another certificate than one of this authority's; of one that is retired, those that trust it still. */
  holders(id: string): readonly string[];
  /** The newest certificate in force of each workload that has one. */
  newest(): readonly HeldCertificate[];
  /** The ring has turned. */
  changed(): void;
}

/** The authority's acts: issue, revoke, list. Workloads are revoked as a whole; a revoked SPIFFE ID gets no certificate again. */
export class Certificates implements ServiceAuthority, AuthorityClients {
  readonly #store: CertificateStore;
  readonly #now: () => number;
  readonly #authorities: Authorities;
  readonly #listeners = new Set<() => void>();
  #list: { readonly pem: string; readonly nextUpdateS: number; readonly madeMs: number; readonly at: number } | null = null;

  /** @throws `custodian.store` where there is no authority. */
  constructor(store: CertificateStore, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#authorities = new Authorities(() => store.get("keyring", "ca"), now);
    void this.#authorities.issuing;
  }

  /** Every authority that is to be trusted now, the one that issues first. PEM. */
  get caPem(): string {
    return this.#authorities.trusted.map(({ authority }) => authority.certPem).join("");
  }

  /** The one that issues. PEM. */
  get issuingPem(): string {
    return this.#authorities.issuing.authority.certPem;
  }

  /** Issues for a day, and remembers it: tokens are minted only to certificates that are remembered. @throws `workload.revoked`, `verb.invalid`. */
  async issue({ csr, spiffe, dns }: IssueRequest): Promise<Issued> {
    if (this.#store.get("revocation", spiffe) !== undefined) throw new SallyportError("workload.revoked", { spiffe });
    const { id, authority } = this.#authorities.issuing;
    const trusts = this.#authorities.trusted.map((each) => each.id);
    const { certPem, notAfterS, serial } = authority.issue({ csrPem: csr, spiffe, dns, lifetimeSeconds: LIFETIME_S });
    for (const [old, certificate] of this.#store.all("certificate")) if ((certificate.notAfterS + LIFETIME_S) * 1000 < this.#now()) this.#store.put("certificate", old, null);
    this.#store.put("certificate", thumbprint(new X509Certificate(certPem).raw), { spiffe, serial, notAfterS, ca: id, trusts });
    const ca = this.caPem;
    await this.#store.durable();
    return { cert: certPem, ca, notAfterS };
  }

  /** The custodian's own identity, new. It is in its place at once. */
  async issueOwn(): Promise<{ readonly identity: Identity; readonly notAfterS: number }> {
    const { csrPem, keyPem } = createRequest();
    const { cert, ca, notAfterS } = await this.issue({ csr: csrPem, spiffe: processId(this.#store.deployment.trustDomain, "custodian"), dns: ["localhost"] });
    this.shown(thumbprint(new X509Certificate(cert).raw));
    return { identity: { keyPem, certPem: cert, caPem: ca }, notAfterS };
  }

  /** A certificate is in its place: it was used, or who supervises the workload put it there. */
  shown(x5t: string): void {
    const certificate = this.#store.get("certificate", x5t);
    if (certificate !== undefined && certificate.shownMs === undefined) this.#store.put("certificate", x5t, { ...certificate, shownMs: this.#now() });
  }

  /** Ends the certificates that this workload has, before others are issued to it. */
  endAll(spiffe: string): void {
    for (const [x5t, certificate] of this.#store.all("certificate"))
      if (certificate.spiffe === spiffe && certificate.endedMs === undefined) this.#store.put("certificate", x5t, { ...certificate, endedMs: this.#now() });
    this.#list = null;
  }

  /** Ends every certificate of this workload; it gets no other. */
  async revoke(spiffe: string, word = "by the operator"): Promise<void> {
    if (this.#store.get("revocation", spiffe) === undefined) {
      this.#store.put("revocation", spiffe, { atMs: this.#now() });
      this.#store.record("workload.revoked", spiffe, word);
    }
    this.#list = null;
    await this.#store.durable();
  }

  /** Whether this very certificate was issued to this workload, is in date, and isn't revoked. Whoever asks has seen it in use. */
  isInForce(spiffe: string, x5t: string): boolean {
    const isInForce = this.workloadOf(x5t) === spiffe;
    if (isInForce) this.shown(x5t);
    return isInForce;
  }

  /** The workload of a certificate that was issued here, is in date, isn't revoked, and whose authority is trusted; null for any other. */
  workloadOf(x5t: string): string | null {
    const certificate = this.#store.get("certificate", x5t);
    return certificate !== undefined && this.#counts(certificate) && this.#isTrusted(certificate) ? certificate.spiffe : null;
  }

  newSecret(): string {
    return newAuthoritySecret(this.#store.deployment.trustDomain, this.#now);
  }

  lacking(id: string): readonly string[] {
    return this.#without((certificate) => (certificate.trusts ?? [FIRST]).includes(id));
  }

  holders(id: string): readonly string[] {
    const isTrusted = this.#authorities.trusted.some((each) => each.id === id);
    return this.#without((certificate) =>
      isTrusted ? certificate.ca !== undefined && certificate.ca !== id && this.#isTrusted(certificate) : !(certificate.trusts ?? [FIRST]).includes(id),
    );
  }

  newest(): readonly HeldCertificate[] {
    const newest = new Map<string, Entry>();
    // At the same second the later one: it is behind the others.
    for (const entry of this.#store.all("certificate").values())
      if (this.#counts(entry) && this.#isTrusted(entry) && entry.notAfterS >= (newest.get(entry.spiffe)?.notAfterS ?? 0)) newest.set(entry.spiffe, entry);
    return [...newest.values()]
      .map(({ spiffe, serial, notAfterS, ca = FIRST, shownMs }) => ({
        spiffe,
        serial,
        issuer: ca,
        notAfterS,
        renewalS: notAfterS - LIFETIME_S / 3,
        isShown: shownMs !== undefined,
      }))
      .sort((a, b) => a.notAfterS - b.notAfterS);
  }

  changed(): void {
    this.#list = null;
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener when another authority is trusted, or issues. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The revocation list of each authority that is trusted, one after the other, at most ten minutes old. */
  list(): { readonly pem: string; readonly nextUpdateS: number } {
    const { at } = this.#authorities;
    if (this.#list !== null && this.#list.at === at && this.#now() - this.#list.madeMs < LIST_AGE_MS && this.#list.madeMs <= this.#now()) return this.#list;
    const lists = this.#authorities.trusted.map(({ id, authority }) => {
      const revoked: { serial: string; atMs: number }[] = [];
      for (const { spiffe, serial, endedMs, ca = FIRST } of this.#store.all("certificate").values()) {
        const atMs = endedMs ?? this.#store.get("revocation", spiffe)?.atMs;
        if (atMs !== undefined && ca === id) revoked.push({ serial, atMs });
      }
      return authority.revocationList(revoked, LIST_LIFETIME_S);
    });
    this.#list = { pem: lists.map(({ pem }) => pem).join(""), nextUpdateS: Math.min(...lists.map(({ nextUpdateS }) => nextUpdateS)), madeMs: this.#now(), at };
    return this.#list;
  }

  /** Workloads of which a certificate counts that isn't so, and none that is so was shown. */
  #without(isSo: (certificate: Entry) => boolean): readonly string[] {
    const [wanting, shown] = [new Set<string>(), new Set<string>()];
    for (const certificate of this.#store.all("certificate").values()) {
      if (!this.#counts(certificate) || !this.#isTrusted(certificate)) continue;
      if (!isSo(certificate)) wanting.add(certificate.spiffe);
      else if (certificate.shownMs !== undefined) shown.add(certificate.spiffe);
    }
    const start = `spiffe://${this.#store.deployment.trustDomain}/`.length;
    return [...wanting]
      .filter((spiffe) => !shown.has(spiffe))
      .map((spiffe) => spiffe.slice(start))
      .sort();
  }

  #counts({ spiffe, notAfterS, endedMs }: Entry): boolean {
    return endedMs === undefined && this.#now() < notAfterS * 1000 && this.#store.get("revocation", spiffe) === undefined;
  }

  #isTrusted({ ca = FIRST }: Entry): boolean {
    return this.#authorities.trusted.some(({ id }) => id === ca);
  }
}
