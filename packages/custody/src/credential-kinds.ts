import type { CredentialBasis, Standing } from "@sallyport/audit";

/** A founding link: its secret while it may be used, and afterwards only what it was used for. */
export interface FoundingEntry {
  readonly founder: 1 | 2;
  /** SHA-256 of the secret as the link spells it, lower-case hex. */
  readonly sha256: string;
  readonly secret: string | null;
  readonly used: FoundingUse | null;
}

/** Whom a founding link enrolled. Settled once the trail was seen to hold that enrolment; until then it may have been rolled back. */
export interface FoundingUse {
  readonly person: string;
  readonly credentialId: string | null;
  readonly atMs: number;
  readonly isSettled: boolean;
}

/** A person's credential as the custodian keeps it, by its id. One that was forgotten stays known, so that it never comes back. */
export interface CredentialEntry {
  readonly person: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly basis: CredentialBasis;
  readonly standing: Standing;
  readonly atMs: number;
  readonly forgottenMs: number | null;
}

/** An approval that was verified, by `<digest> <person>`. */
export interface ApprovalEntry {
  readonly digest: string;
  readonly person: string;
  readonly credentialId: string;
  readonly basis: CredentialBasis;
  readonly standing: Standing;
  readonly at: string;
  /** SHA-256 of the assertion, so that the same one is known again. */
  readonly proof: string;
  /** Of the statement: its kind, whom it is about, how many it needs, and its end. */
  readonly kind: string;
  readonly about: string | null;
  readonly needed: number;
  readonly expiresMs: number;
  /** The credential that was enrolled upon it. */
  readonly usedFor: string | null;
}

/** A service's code that was used, by the digest of the statement that names it. */
export interface ServiceCodeEntry {
  /** SHA-256 of the request that it was used for. */
  readonly csr: string;
  readonly atMs: number;
}

/** A document's signature that was verified, by the digest of its manifest. */
export interface SignatureEntry {
  /** SHA-256 of the assertion, so that the same one is known again. */
  readonly proof: string;
  readonly note: string;
  readonly atMs: number;
}

/** What a store has to know for the ledger of credentials, for services' codes and for signatures, by kind. */
export interface CredentialKinds {
  readonly founding: FoundingEntry;
  readonly credential: CredentialEntry;
  readonly approval: ApprovalEntry;
  readonly serviceCode: ServiceCodeEntry;
  readonly signature: SignatureEntry;
}

/** Port: the part of the custodian's store that the ledger works on. */
export interface CredentialStore {
  get<K extends keyof CredentialKinds>(kind: K, id: string): CredentialKinds[K] | undefined;
  all<K extends keyof CredentialKinds>(kind: K): ReadonlyMap<string, CredentialKinds[K]>;
  put<K extends keyof CredentialKinds>(kind: K, id: string, value: CredentialKinds[K] | null): void;
  /** Puts an act of the custodian's own on record. Printable ASCII, no values. */
  record(action: string, resource: string, detail: string): void;
  /** Resolves when all that was put is on disk. */
  durable(): Promise<void>;
}
