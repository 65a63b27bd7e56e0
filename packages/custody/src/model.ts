import type { HeldCertificate, RootView } from "./standing.ts";
import type { DeepProgress, Sealer, Standing } from "@sallyport/audit";
import type { ErrorCode } from "@sallyport/errors";
import type { DocumentKind } from "./approved-document.ts";
import type { Incident, Verdict } from "./incident.ts";
import type { KeyState, RingName, RingStep } from "./key-ring.ts";
import type { StandbyStanding } from "./standby-standing.ts";
import type { Archived, Mark } from "./trail-marks.ts";

/** What a data key belongs to. It is bound into the wrapping (AAD and HKDF info), so a wrapped key opens nowhere else. */
export interface KeyContext {
  /** `spool` is of the key of a spool's book; `spooled` is what is sealed to the spool's public key, and is only ever unwrapped. */
  readonly purpose: "subject" | "packet" | "reference" | "spool" | "spooled";
  readonly id: string;
  readonly study: string;
  /** `-` where the key belongs to no one site. */
  readonly site: string;
}

/** A data key as the api uses it: 32 bytes in a KeyObject made by the client, and the wrapped form to store. */
export interface WrappedKey {
  /** `sk1.<kek id>.<base64url>`. */
  readonly wrapped: string;
  readonly key: Buffer;
}

/** A data key as it is stored, with what it belongs to. */
export interface StoredKey {
  readonly context: KeyContext;
  readonly wrapped: string;
}

/** A public key of the token ring with the window in which tokens signed by it are accepted. Times in seconds since the epoch. */
export interface TokenKey {
  readonly kid: string;
  /** Raw Ed25519 public key, base64url. */
  readonly x: string;
  readonly fromS: number;
  readonly untilS: number | null;
}

export interface MintRequest {
  readonly sub: string;
  readonly scope: string;
  /** SPIFFE ID of the workload that will carry the token. */
  readonly azp: string;
  /** SHA-256 of that workload's certificate in DER, base64url (RFC 8705 §3.1). */
  readonly x5t: string;
}
export interface Minted {
  readonly token: string;
  readonly jti: string;
  readonly expS: number;
}

export interface IssueRequest {
  /** PKCS #10 in PEM; only its public key and proof of possession are used. */
  readonly csr: string;
  readonly spiffe: string;
  /** DNS names for a server certificate; empty for a client. */
  readonly dns: readonly string[];
}
/** What of services' certificates is asked for over the wire; the custodian takes nobody's word for which service it is (custody-v1.md, section 8). */
export type ServiceRequest =
  /** A service's first certificate, or its first anew: the exact text of the approval that names the code, and the code's signature over the request. */
  | { readonly kind: "enrolment"; readonly csr: string; readonly statement: string; readonly proof: string }
  /** The next one: the present certificate, and its key's signature over the request. */
  | { readonly kind: "renewal"; readonly csr: string; readonly certificate: string; readonly proof: string };
export interface Issued {
  readonly cert: string;
  readonly ca: string;
  readonly notAfterS: number;
}

/** A signed C2SP checkpoint (signed-note) of one chain's generation. */
export interface SignedCheckpoint {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly note: string;
}

/** An act that the custodian or its operator did by itself; the api puts it on the trail and acknowledges it by its number. */
export interface CustodyEvent {
  readonly n: number;
  readonly at: string;
  /** The chain that it belongs on; `system` if absent. */
  readonly chain?: string;
  readonly action: string;
  readonly resource: string;
  readonly detail: string;
}

/** A signing key as it is told: no secret. */
export interface SigningKeyView {
  readonly id: string;
  readonly state: KeyState;
  readonly vkey: string;
  readonly fingerprint: string;
  /** When it was last put in use, and out of use, by the handovers: ISO times. Null where it wasn't; the first key was in use from the beginning. */
  readonly since: string | null;
  readonly until: string | null;
}

export interface CustodianStatus {
  readonly deployment: string;
  readonly trustDomain: string;
  readonly version: string;
  readonly tokenKeys: readonly TokenKey[];
  /** Under which key-encryption key data keys are wrapped, and from which they are being wrapped anew. */
  readonly keks: { readonly active: string; readonly retiring: string | null };
  readonly auditKey: string;
  /** C2SP vkey and its SHA-256 fingerprint (`sha256:<hex>` of the raw public key), and every handover that there was (docs/spec/handover-v1.md). */
  readonly checkpointKey: { readonly vkey: string; readonly fingerprint: string; readonly handovers: readonly string[] };
  /** Every signing key that there was, is, or is to be, the oldest first. */
  readonly signKeys: readonly SigningKeyView[];
  /** The authorities that are to be trusted, the one that issues first; PEM, one after the other. */
  readonly ca: string;
  /** The list of each of them; PEM, label X509 CRL. */
  readonly crl: string;
  /** When the first of them is stale. */
  readonly crlNextUpdateS: number;
  /** SPIFFE IDs that were revoked as a whole. */
  readonly revokedWorkloads: readonly string[];
  readonly rootKey: "present" | "away";
  /** How often this store was taken over by a custodian that has a standby beside it; 0 where none ever had. */
  readonly epoch: number;
  /** How the standby beside it stands; null where there is none. */
  readonly standby: StandbyStanding | null;
  /** To whom requests are sealed that wait for the boundary: an age recipient, whose identity is here alone (docs/spec/spool-v1.md). */
  readonly spoolRecipient: string;
  /** Founding administrators who have yet to enrol; at 0 founding has ended, for good. */
  readonly foundersLeft: number;
  readonly events: readonly CustodyEvent[];
  readonly marks: readonly (Omit<Mark, "frontier"> & { readonly auditKey: string })[];
  readonly verdicts: readonly Verdict[];
  /** How far the deep verification is that is under way; null where none is. */
  readonly verifying: DeepProgress | null;
  /** Every incident, the oldest first. */
  readonly incidents: readonly Incident[];
  /** Every generation that was archived. */
  readonly archived: readonly Archived[];
  /** Days for which the records of a closed generation stay at hand. */
  readonly archiveAfterDays: number;
  /** How many subjects were shredded: where it grew, what is kept of data keys is forgotten. */
  readonly shreds: number;
}

/** What may be signed. The custodian derives every root and head itself from what is committed; the caller only names the chain. */
export type SignRequest =
  /** Signs the committed size and root of these chains' open generations, never below its own high-water mark. */
  | { readonly kind: "checkpoint"; readonly chains: readonly string[] }
  /**
   * Signs a document's canonical bytes upon `statement`, the exact text of an approval of that kind which names their digest and which this
   * custodian verified. With null: the starter policy, once, into an empty store, and each shipped profile. Asked again, the same note. A packet's
   * manifest is signed by the key that it names.
   */
  | { readonly kind: DocumentKind; readonly canonical: string; readonly statement: string | null }
  /** Signs an export's statement and, page by page, its leaves: of a chain, or, to archive it, of one closed generation. */
  | { readonly kind: "export"; readonly chain: string; readonly generation?: number; readonly requestedBy: string; readonly requestId: string }
  /**
   * Signs what an excerpt was when it was written to its end (docs/spec/excerpt-v1.md): the api's word for what is in it, bound to its bytes. By `vkey`, the
   * key that its header names, which is in use or was until now; so are the leaves, by the one that the statement names first.
   */
  | {
      readonly kind: "excerpt";
      readonly vkey: string;
      readonly exportedAt: string;
      readonly requestedBy: string;
      readonly requestId: string;
      readonly records: number;
      readonly sha256: string;
    }
  | { readonly kind: "leaves"; readonly vkey: string; readonly chain: string; readonly generation: number; readonly from: number; readonly to: number };
export interface SignAnswer {
  /** checkpoint: one per chain; policy, profile: one signed note; packet: one JWS; export, excerpt: a signed note of the statement; leaves: one base64 signature per record that is there, and where they are a whole run, each as it was sealed, one over all. */
  readonly notes: readonly string[];
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Of an export: which key it states itself by, and the handovers that there were by then. */
  readonly by?: { readonly vkey: string; readonly handovers: readonly string[] };
}

/**
 * What a credential is taken in upon. A null is the api's own word for it, and the credential is marked `attested` for good; everything else the
 * custodian sees for itself.
 */
export type EnrolmentBasis =
  /** One of the two founding secrets, as the link had it (base64url). It is used up, whether a credential comes with it or not. */
  | { readonly kind: "founding"; readonly secret: string }
  /** An assertion by a credential that this person has already, over `enrolmentDigest(person, attestation)`. `AuthenticationResponseJSON`. */
  | { readonly kind: "own"; readonly response: string | null }
  /** The digest of an approved statement of kind `person.invite` or `authenticator.recover` whose payload's `personId` is this person. Good for one credential. */
  | { readonly kind: "invitation" | "recovery"; readonly approval: string | null };

/** What verb `approve` takes: people's credentials as the custodian keeps them, and approvals that it verifies with them. */
export type ApproveRequest =
  /** How far founding is, and, given a secret, whose link it is from. */
  | { readonly kind: "founding"; readonly secret?: string }
  /**
   * Takes in a person's credential. `attestation`: the attestation object of the registration (base64url), from which the custodian reads id, key
   * and count itself; null only on basis `founding`, for a founder who enrols a password.
   */
  | { readonly kind: "enrol"; readonly person: string; readonly attestation: string | null; readonly basis: EnrolmentBasis }
  /** An approval: `statement` is the exact text whose SHA-256 is the challenge, `response` the `AuthenticationResponseJSON` over it. */
  | { readonly kind: "approve"; readonly statement: string; readonly person: string; readonly response: string }
  /**
   * Ends the incidents that an approved `incident.release` names: `statement` is its exact text, `response` the requester's own
   * `AuthenticationResponseJSON` over its SHA-256.
   */
  | { readonly kind: "release"; readonly statement: string; readonly response: string }
  /**
   * Puts down that the generation which an approved `trail.archive` names was archived. `manifest` is the exact text of the bundle's `manifest.json`,
   * `response` the requester's own `AuthenticationResponseJSON` over the statement's SHA-256.
   */
  | { readonly kind: "archive"; readonly statement: string; readonly response: string; readonly manifest: string }
  /** A document's signature: `manifest` is the exact text whose SHA-256 is the challenge, `response` its signer's `AuthenticationResponseJSON` over it. */
  | { readonly kind: "sign"; readonly manifest: string; readonly response: string }
  /** Ends credentials of a person, for good. `approval`: the digest of an approved `authenticator.recover` for this person, or null for the api's word. */
  | { readonly kind: "forget"; readonly person: string; readonly credentialIds: readonly string[]; readonly approval: string | null };

/** What each of them answers. Asked again, each answers the same: an answer may be lost. */
export interface ApproveAnswers {
  /**
   * `founder`: whose link the secret is from, while it is unused; null otherwise. `used`: whom a used link enrolled, and with which credential,
   * so that an enrolment whose answer was lost can be finished by who holds the link.
   */
  readonly founding: { readonly foundersLeft: number; readonly founder: 1 | 2 | null; readonly used: { readonly person: string; readonly credentialId: string | null } | null };
  readonly enrol: { readonly foundersLeft: number; readonly credentialId: string | null; readonly standing: Standing };
  /** A signed note (docs/spec/approval-v1.md, section 3). */
  readonly approve: { readonly note: string };
  readonly release: { readonly ended: readonly string[] };
  /** A signed note (docs/spec/archival-v1.md). */
  readonly archive: { readonly note: string };
  /** A signed note (docs/spec/signature-v1.md, section 3). */
  readonly sign: { readonly note: string };
  readonly forget: { readonly forgotten: number };
}

/** What verb `rotate` takes (custody-v1.md, section 10). */
export type RotateRequest =
  /** How every ring stands. */
  | { readonly kind: "rings" }
  /** One step of a ring that has taken `at` steps. `statement`: for `destroy`, and `activate` or `revert` of an audit or a signing key, the exact text of the approval of it; null otherwise. */
  | { readonly kind: "step"; readonly ring: RingName; readonly step: RingStep; readonly at: number; readonly statement: string | null }
  /** Data keys, wrapped anew under the key-encryption key in use. */
  | { readonly kind: "rewrap"; readonly items: readonly StoredKey[] };

/** A ring as it is told: no secrets. Times in seconds since the epoch. */
export interface RingView {
  readonly ring: RingName;
  readonly at: number;
  readonly last: RingStep | null;
  readonly windows: { readonly leadS: number; readonly overlapS: number; readonly ageMaxS: number; readonly usesMax: number | null };
  readonly keys: readonly {
    readonly id: string;
    readonly state: KeyState;
    readonly fromS: number;
    readonly untilS: number | null;
    /** How many data keys it wraps, or, of an audit key, generations are kept that it verifies; null for other rings, and where the database was away. */
    readonly wraps: number | null;
    /** Running nodes, or workloads with a certificate, that haven't shown that they hold it, where that is needed; null while that isn't known. */
    readonly lacking: readonly string[] | null;
    /** Of an authority: workloads that have shown no certificate of another one; of one that is retired, those that trust it still. Of a retiring audit key, chains that go on with it; null where the database was away, and otherwise. */
    readonly holders: readonly string[] | null;
    /** Of a token key: tokens of it that haven't ended; null of any other, and until the custodian has run for as long as a token lives. */
    readonly tokens: number | null;
    /** Of a signing key; null of any other. */
    readonly vkey: string | null;
    readonly fingerprint: string | null;
  }[];
}
export interface RingAnswer {
  readonly ring: RingView;
}
/** One data key wrapped anew, or why it isn't while the others are. */
export type RewrapAnswer = { readonly wrapped: string } | { readonly code: ErrorCode };
export interface RotateAnswers {
  readonly rings: { readonly rings: readonly RingView[]; readonly root: RootView; readonly certificates: readonly HeldCertificate[] };
  readonly step: RingAnswer;
  readonly rewrap: { readonly keys: readonly RewrapAnswer[] };
}

/**
 * What verb `shred` takes: the exact text of an approved `subject.shred`, and the packets whose digest it names (custody-v1.md, section 12). `check` asks
 * whether it would be done.
 */
export interface ShredRequest {
  readonly kind: "check" | "shred";
  readonly statement: string;
  readonly packets: readonly string[];
}
/** When it was destroyed, an ISO time; null where it was only checked. */
export interface ShredAnswer {
  readonly at: string | null;
}

/** What verb `status` is told and asked. */
export interface StatusRequest {
  /** Events up to this number are on the trail. */
  readonly acknowledge?: number;
  /** Chains to verify deeply before answering (`*` for all). */
  readonly verify?: readonly string[];
  /** By which keys this node verifies tokens, and which signing keys it knows; `node` names it while it runs. */
  readonly holds?: { readonly node: string; readonly tokenKeys: readonly string[]; readonly signKeys: readonly string[] };
}

/**
 * The custodian's verbs. Every call has a deadline (ms) and throws a SallyportError:
 * `keys.unavailable` (wrap, unwrap), `trail.unavailable` (seal, sign), `verb.refused`, `verb.invalid`, `service.unavailable`.
 */
export interface Custodian extends Sealer {
  wrap(contexts: readonly KeyContext[], deadlineMs: number): Promise<readonly WrappedKey[]>;
  unwrap(items: readonly StoredKey[], deadlineMs: number): Promise<readonly Buffer[]>;
  mint(request: MintRequest, deadlineMs: number): Promise<Minted>;
  /** A certificate of a service. @throws `workload.request`, `workload.code` (also for what isn't in force), `workload.revoked`. */
  issue(request: ServiceRequest, deadlineMs: number): Promise<Issued>;
  /** Ends a service's certificates, for good. @throws `verb.refused` for what is no service. */
  revoke(service: string, deadlineMs: number): Promise<void>;
  sign(request: SignRequest, deadlineMs: number): Promise<SignAnswer>;
  /**
   * People's credentials and what they approve. @throws `enrolment.invalid` for a founding secret that isn't good, or was used otherwise;
   * `enrolment.refused` for a credential that isn't sound, or is somebody's already; `stepup.failed` for an assertion that doesn't verify;
   * `approval.state` for a statement that isn't in force; `approval.required` for an approval that the custodian doesn't know;
   * `policy.separation` for an approval by who asked for the act, or whom it is about, or by who brought the document in; `signature.challenge` for
   * what was signed already, or isn't any more in time; `verb.refused` for another deployment's statement.
   */
  approve<K extends ApproveRequest["kind"]>(request: ApproveRequest & { readonly kind: K }, deadlineMs: number): Promise<ApproveAnswers[K]>;
  /**
   * How the rings stand, a step of one, and data keys wrapped anew. @throws `keys.step`, `keys.unheld`, `keys.early`, `keys.in_use`,
   * `approval.required` for a step that isn't proven first; `verb.refused` for a destruction that isn't approved.
   */
  rotate<K extends RotateRequest["kind"]>(request: RotateRequest & { readonly kind: K }, deadlineMs: number): Promise<RotateAnswers[K]>;
  /** Destroys what the custodian holds of a subject, upon two persons' approval. @throws `verb.refused`. */
  shred(request: ShredRequest, deadlineMs: number): Promise<ShredAnswer>;
  status(request: StatusRequest, deadlineMs: number): Promise<CustodianStatus>;
}
