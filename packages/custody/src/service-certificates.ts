import { X509Certificate } from "node:crypto";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { assertPlainRequest, isEnrolmentProof, isRenewalProof, thumbprint } from "@sallyport/pki";
import { countedApproval, type CountingRules } from "./approved-document.ts";
import type { CredentialStore } from "./credential-kinds.ts";
import { parseServiceCall } from "./message-codec.ts";
import type { Issued, IssueRequest, ServiceRequest } from "./model.ts";

/** The kind of approval that names a service and the public half of its code. */
const KIND = "workload.enrol";
/** How long a code is good once as many people as it needs have approved it. */
const LIFETIME_MS = 3_600_000;
/** How long a used code is remembered: well beyond the time in which it could be used. */
const REMEMBERED_MS = 86_400_000;

/** What an enrolment or a renewal is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictServiceRules}. */
export interface ServiceRules extends CountingRules {
  /** The hour of the code isn't over. */
  readonly inTime: boolean;
  /** Who asks holds the code, and made this request with it. */
  readonly code: boolean;
  /** A code is good for one request. */
  readonly once: boolean;
  /** What is renewed is in force. */
  readonly present: boolean;
  /** Who renews holds the present certificate's key. */
  readonly ownKey: boolean;
}
export const strictServiceRules: ServiceRules = {
  kind: true,
  enough: true,
  separation: true,
  proven: true,
  inTime: true,
  code: true,
  once: true,
  present: true,
  ownKey: true,
};

/** Port: the certificate authority, with what it remembers of what it issued. */
export interface ServiceAuthority {
  /** @throws `workload.revoked`. */
  issue(request: IssueRequest): Promise<Issued>;
  /** Ends the certificates that a workload has; it may get others. */
  endAll(spiffe: string): void;
  /** Ends the certificates that a workload has; it gets no others. */
  revoke(spiffe: string, word: string): Promise<void>;
  /** The workload of a certificate in force, by its thumbprint. */
  workloadOf(x5t: string): string | null;
}

export interface ServiceCertificatesOptions {
  readonly store: CredentialStore;
  readonly deployment: string;
  readonly authority: ServiceAuthority;
  /** The SPIFFE ID of a service by its name; null for a name that is no service's, or one of our own. */
  readonly workload: (service: string) => string | null;
  readonly now: () => number;
  readonly rules?: ServiceRules;
}

/**
 * Certificates of services, asked for over the wire by whom the custodian needn't believe: which service a certificate is for stands in an
 * approval by people, whose passkeys the custodian holds, or in the certificate that it replaces; and who asks has proven to hold the code, or
 * that certificate's key. A certificate from here is a client's, of `…/service/<name>`, and never one of our own processes'.
 */
export class ServiceCertificates {
  readonly #options: ServiceCertificatesOptions;
  readonly #rules: ServiceRules;

  constructor(options: ServiceCertificatesOptions) {
    this.#options = options;
    this.#rules = options.rules ?? strictServiceRules;
  }

  /** Verb `issue`. @throws `workload.request`, `workload.code`, `workload.revoked`, `verb.refused`, `verb.invalid`. */
  async issue(payload: Buffer): Promise<string> {
    const call = parseServiceCall(payload);
    switch (call.kind) {
      case "enrolment":
        return JSON.stringify(await this.#enrol(call));
      case "renewal":
        return JSON.stringify(await this.#renew(call));
      case "revocation": {
        const spiffe = this.#options.workload(call.service);
        if (spiffe === null) throw new SallyportError("verb.refused", { why: "service" });
        await this.#options.authority.revoke(spiffe, "by an administrator");
        return "{}";
      }
    }
  }

  async #enrol({ csr, statement, proof }: Extract<ServiceRequest, { readonly kind: "enrolment" }>): Promise<Issued> {
    const { store, authority, now } = this.#options;
    const refused = (why: string): SallyportError => new SallyportError("workload.code", { why });
    const { said, digest, lastMs } = countedApproval({ ...this.#options, rules: this.#rules }, { kind: KIND, statement, refused });
    const { service, codeKey } = said.payload;
    const spiffe = typeof service === "string" ? this.#options.workload(service) : null;
    if (typeof service !== "string" || typeof codeKey !== "string" || spiffe === null) throw refused("service");
    assertPlainRequest(csr, spiffe);
    if (this.#rules.code && !isEnrolmentProof({ service, codeKey, csr, proof })) throw refused("proof");
    if (this.#rules.inTime && now() >= lastMs + LIFETIME_MS) throw refused("time");
    // The same request again is the same use: its answer may have been lost, and the certificate is for the same key.
    const used = store.get("serviceCode", digest);
    if (this.#rules.once && used !== undefined && used.csr !== sha256Hex(csr)) throw refused("used");
    if (used === undefined) {
      for (const [id, { atMs }] of store.all("serviceCode")) if (atMs + REMEMBERED_MS < now()) store.put("serviceCode", id, null);
      store.put("serviceCode", digest, { csr: sha256Hex(csr), atMs: now() });
      authority.endAll(spiffe);
    }
    return this.#issue(spiffe, csr, `basis=enrolment;approval=${digest}`);
  }

  async #renew({ csr, certificate, proof }: Extract<ServiceRequest, { readonly kind: "renewal" }>): Promise<Issued> {
    const present = readCertificate(certificate);
    const held = this.#options.authority.workloadOf(thumbprint(present.raw));
    const named = present.subjectAltName?.replace(/^URI:/, "") ?? "";
    const workload = this.#rules.present ? held : named;
    const service = /\/service\/([^/]+)$/.exec(workload ?? "")?.[1] ?? "";
    if (workload === null || this.#options.workload(service) !== workload) throw new SallyportError("workload.code", { why: "certificate" });
    assertPlainRequest(csr, workload);
    if (this.#rules.ownKey && !isRenewalProof(present.publicKey, { workload, csr, proof })) throw new SallyportError("workload.request", { why: "present key" });
    return this.#issue(workload, csr, "basis=renewal");
  }

  async #issue(spiffe: string, csr: string, basis: string): Promise<Issued> {
    const issued = await this.#options.authority.issue({ csr, spiffe, dns: [] });
    this.#options.store.record("certificate.issued", spiffe, `${basis};serial=${readCertificate(issued.cert).serialNumber.toLowerCase()}`);
    await this.#options.store.durable();
    return issued;
  }
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new SallyportError("workload.request", { why: "certificate" }, error);
  }
}
