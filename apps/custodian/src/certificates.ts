import { X509Certificate } from "node:crypto";
import type { Issued, IssueRequest } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { Authority, createRequest, type Identity, thumbprint } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import type { Store } from "./store.ts";

const LIFETIME_S = 86_400;
const LIST_LIFETIME_S = 3600;
/** The list is made anew after this, long before it is stale. */
const LIST_AGE_MS = 600_000;

/** The authority's acts: issue, revoke, list. Workloads are revoked as a whole; a revoked SPIFFE ID gets no certificate again. */
export class Certificates {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #authority: Authority;
  #list: { readonly pem: string; readonly nextUpdateS: number; readonly madeMs: number } | null = null;

  constructor(store: Store, now: () => number) {
    const material = store.get("authority", "ca-1");
    if (material === undefined) throw new SallyportError("custodian.store", { why: "no authority" });
    this.#store = store;
    this.#now = now;
    this.#authority = new Authority(material, now);
  }

  get caPem(): string {
    return this.#authority.certPem;
  }

  /** Issues for a day, and remembers it: tokens are minted only to certificates that are remembered. @throws `workload.revoked`, `verb.invalid`. */
  async issue({ csr, spiffe, dns }: IssueRequest): Promise<Issued> {
    if (this.#store.get("revocation", spiffe) !== undefined) throw new SallyportError("workload.revoked", { spiffe });
    const { certPem, notAfterS, serial } = this.#authority.issue({ csrPem: csr, spiffe, dns, lifetimeSeconds: LIFETIME_S });
    for (const [old, certificate] of this.#store.all("certificate")) if ((certificate.notAfterS + LIFETIME_S) * 1000 < this.#now()) this.#store.put("certificate", old, null);
    this.#store.put("certificate", thumbprint(new X509Certificate(certPem).raw), { spiffe, serial, notAfterS });
    await this.#store.durable();
    return { cert: certPem, ca: this.caPem, notAfterS };
  }

  /** The custodian's own identity, new. */
  async issueOwn(): Promise<{ readonly identity: Identity; readonly notAfterS: number }> {
    const { csrPem, keyPem } = createRequest();
    const { cert, ca, notAfterS } = await this.issue({ csr: csrPem, spiffe: processId(this.#store.deployment.trustDomain, "custodian"), dns: ["localhost"] });
    return { identity: { keyPem, certPem: cert, caPem: ca }, notAfterS };
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

  /** Whether this very certificate was issued to this workload, is in date, and isn't revoked. */
  isInForce(spiffe: string, x5t: string): boolean {
    return this.workloadOf(x5t) === spiffe;
  }

  /** The workload of a certificate that was issued here, is in date, and isn't revoked; null for any other. */
  workloadOf(x5t: string): string | null {
    const { spiffe, notAfterS, endedMs } = this.#store.get("certificate", x5t) ?? { spiffe: "", notAfterS: 0 };
    return endedMs === undefined && this.#now() < notAfterS * 1000 && this.#store.get("revocation", spiffe) === undefined ? spiffe : null;
  }

  /** The revocation list, at most ten minutes old. */
  list(): { readonly pem: string; readonly nextUpdateS: number } {
    if (this.#list !== null && this.#now() - this.#list.madeMs < LIST_AGE_MS && this.#list.madeMs <= this.#now()) return this.#list;
    const revoked: { serial: string; atMs: number }[] = [];
    for (const { spiffe, serial, endedMs } of this.#store.all("certificate").values()) {
      const atMs = endedMs ?? this.#store.get("revocation", spiffe)?.atMs;
      if (atMs !== undefined) revoked.push({ serial, atMs });
    }
    this.#list = { ...this.#authority.revocationList(revoked, LIST_LIFETIME_S), madeMs: this.#now() };
    return this.#list;
  }
}
