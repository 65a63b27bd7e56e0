import type { ExcerptStatement, ExportPage, Receipt, RecordDraft, StatingKey } from "@sallyport/audit";
import type { AccessClaims, RandomBytes } from "@sallyport/crypto";
import type { ErrorCode } from "@sallyport/errors";
import type {
  ChangeStore,
  DocumentStore,
  PacketStore,
  ProfileStore,
  ReferenceKeyStore,
  ShredStore,
  SignatureStore,
  StudyStore,
  SubjectActStore,
  SubjectStore,
  UploadStore,
} from "@sallyport/phi";
import type {
  AccessReviewStore,
  Alerts,
  ApprovalStore,
  ArchiveStore,
  AssignmentStore,
  EmergencyStore,
  Grant,
  IdempotencyStore,
  IncidentStepStore,
  KeyStepStore,
  LockStore,
  PolicyVersionStore,
  SavedSearchStore,
  ServiceStore,
  TrailReviewStore,
} from "@sallyport/policy";
import type { PeopleStores } from "@sallyport/people";
import type { CheckpointRange } from "./checkpoint-range.ts";
import type { EvidencePort } from "./evidence-port.ts";
import type { ExposurePort } from "./exposure-port.ts";
import type { EndedGenerations } from "./archives/ended-generation.ts";
import type { CrossingSearch } from "@sallyport/policy";
import type { Patience, SpoolPorts } from "./boundary/hand-over.ts";
import type { OpenIncident } from "./boundary/quarantine.ts";
import type { EgressPorts } from "./submissions/egress-ports.ts";
import type { KeyDesk } from "./keys/key-desk.ts";
import type { ReferenceKeys } from "./keys/reference-keys.ts";
import type { CheckShred, DatabasePasswords, KeyRings, Reencryptions, SignDocument } from "./keys/ring-ports.ts";
import type { OutboxPorts } from "./outbox/outbox-ports.ts";
import type { Credentials, IdentityProvider, PasskeyCeremonies, StepUp } from "./people/ports.ts";
import type { PeopleKey } from "./people/people-key.ts";
import type { SessionGate, SessionLimits } from "./people/session-desk.ts";
import type { PolicyDesk } from "./policy-desk.ts";
import type { Profiles } from "./profile-desk.ts";
import type { SigningKey } from "./signing-key.ts";

/** The caller's workload, proven by TLS: checked by the listener on every request, not per connection. */
export interface Peer {
  readonly spiffe: string;
  /** SHA-256 of the certificate in DER, base64url (RFC 8705 §3.1). */
  readonly x5t: string;
}

/** What one request brings to the boundary. Nothing in it is believed but `peer`. */
export interface RequestContext extends Patience {
  readonly requestId: string;
  readonly peer: Peer;
  /** Every value of the Authorization header; anything but exactly one is refused. */
  readonly authorization: readonly string[];
  readonly idempotencyKey: string | null;
  /** Whether a page asks by itself, without its person: such a request keeps no session alive. */
  readonly isBackground: boolean;
  /** The bytes of a part of an upload, not read yet; absent in every other request. */
  readonly body?: PartBody | undefined;
}

/** Bytes that come beside an input: so many, taken as fast as they are asked for. A body that breaks off throws. */
export interface PartBody {
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Port: proves the principal. Throws `token.*`. */
export interface TokenVerifier {
  verify(authorization: readonly string[], peer: Peer): AccessClaims;
}

/** Port: the trail. `append` answers when the record is durable; `inTransaction` commits a change and its records together or not at all. */
export interface Trail<Tx> {
  append(draft: RecordDraft): Promise<Receipt>;
  inTransaction<T>(work: (tx: Tx, appendLast: (drafts: readonly RecordDraft[]) => Promise<readonly Receipt[]>) => Promise<T>): Promise<T>;
}

/** Port: counts callers that prove nothing, per listener, code and minute. */
export interface KnockCounter {
  count(listener: string, code: ErrorCode): void;
}

/** Port: an allow-list log: a fixed event name, and ids. */
export interface EventLog {
  event(name: string, facts: Readonly<Record<string, string | number>>): void;
}

export interface ChainState {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly checkpointed: number;
}

/** How far an anchor has a chain's open generation. */
export interface AnchorState {
  readonly kind: "witness" | "timestamp" | "folder";
  readonly name: string;
  /** Records; 0 for none. */
  readonly size: number;
  /** ISO time of the anchor's storing, or null. */
  readonly at: string | null;
  /** The code of the last try's failure, or null. */
  readonly failure: string | null;
}

export interface ChainStatus extends ChainState {
  /** Each anchor there is; empty where nothing is anchored. */
  readonly anchors: readonly AnchorState[];
  /** ISO time of the last checkpoint's storing, or null. */
  readonly checkpointedAt: string | null;
  /** ISO times, or null: when every record was verified last, when by seals, and up to when new ones were (contracts, `ChainStatus`). */
  readonly verifiedAt: string | null;
  readonly sealsAt: string | null;
  readonly checkedAt: string | null;
  readonly broken: { readonly seq: number; readonly kind: string } | null;
  readonly brokenBefore: { readonly generation: number; readonly seq: number; readonly kind: string } | null;
}

/** A record's exact bytes. MACs and root in hex; `at` is when the checkpoint was stored. */
export interface StoredRecord {
  readonly body: string;
  readonly mac: string;
  readonly prevMac: string;
  readonly checkpoint: { readonly size: number; readonly root: string; readonly at: string } | null;
}

/** What an excerpt is made of beside its records. */
export interface ExcerptProofs {
  /** Of the closing statement; the checkpoints may be by one behind it. */
  readonly key: StatingKey;
  /** The checkpoint that covers a log's records. @throws `trail.unavailable` where there is none. */
  checkpoint(chain: string, generation: number): Promise<{ readonly note: string; readonly size: number }>;
  /** A record's inclusion proof under it; null where what is stored there is not what was signed. */
  prove(record: { readonly chain: string; readonly generation: number; readonly seq: number; readonly line: string }): Promise<readonly Buffer[] | null>;
  /** The signed note that closes it. */
  sign(statement: Omit<ExcerptStatement, "v" | "deployment">): Promise<string>;
}

/** Port: what auditors read. Every call is limited to the grant's sites; `system` needs a grant over the deployment. */
export interface TrailArchive {
  chains(grant: Grant, includeSystem: boolean): Promise<readonly ChainState[]>;
  /** The chains that the grants reach together, or those of them that are named: what is signed, since when, and what the last verification said. */
  statuses(grants: readonly Grant[], chains: readonly string[] | null): Promise<readonly ChainStatus[]>;
  /** The same chains, with how many records of all their generations stand there, which a verification goes through. */
  toVerify(grants: readonly Grant[], chains: readonly string[] | null): Promise<readonly { readonly chain: string; readonly records: number }[]>;
  /** One record as it is stored, with the smallest checkpoint that covers it; null where there is none that the grant reaches. */
  record(grant: Grant, at: { readonly chain: string; readonly generation: number; readonly seq: number }): Promise<StoredRecord | null>;
  /** Frames an export of a chain, or of one closed generation of it. @throws `archive.state` for a generation that can't be archived now. */
  openExport(
    grant: Grant,
    chain: string,
    generation?: number,
  ): Promise<{
    readonly statement: string;
    readonly generations: readonly {
      readonly generation: number;
      readonly size: number;
      readonly auditKey: string;
      /** The stated one. */
      readonly checkpoint: string;
      readonly cosigned?: string;
    }[];
    readonly vkey: string;
    readonly handovers: readonly string[];
    readonly fingerprint: string;
    readonly names: Readonly<Record<string, string>>;
  }>;
  /** The stored checkpoints of a generation between two sizes, by size. */
  readCheckpoints(grant: Grant, range: CheckpointRange): Promise<readonly { readonly size: number; readonly note: string }[]>;
  readExport(
    grant: Grant,
    request: { readonly chain: string; readonly generation: number; readonly from: number; readonly limit: number; readonly signed: boolean; readonly vkey?: string | undefined },
  ): Promise<ExportPage>;
  /** One record with the proof that it is in its chain's newest checkpoint; null where there is none that the grant reaches. @throws `trail.unprovable`. */
  prove(
    grant: Grant,
    at: { readonly chain: string; readonly generation: number; readonly seq: number },
  ): Promise<{ readonly proof: string; readonly checkpoint: { readonly size: number; readonly root: string }; readonly witnesses: readonly string[] } | null>;
  /** A record that was read under a grant by its own store, with the proof that it is in its chain's newest checkpoint. @throws `trail.unprovable`. */
  proveStored(record: { readonly chain: string; readonly generation: number; readonly seq: number; readonly body: string; readonly mac: string }): Promise<{
    readonly proof: string;
    readonly checkpoint: { readonly size: number; readonly root: string };
    readonly witnesses: readonly string[];
  }>;
  /** That the newest checkpoint continues the one which covers `from`; null where there is none. @throws `trail.unprovable`. */
  proveGrowth(
    grant: Grant,
    of: { readonly chain: string; readonly generation: number; readonly from: number },
  ): Promise<(StatingKey & { readonly from: string; readonly to: string; readonly proof: readonly string[] }) | null>;
  /**
   * Has these chains checkpointed, for an excerpt that proves each of its records (docs/spec/excerpt-v1.md). What is proven was read under a grant before.
   */
  openExcerpt(grant: Grant, chains: readonly string[]): Promise<ExcerptProofs>;
  verify(
    grant: Grant,
    chains: readonly string[],
  ): Promise<
    readonly {
      readonly chain: string;
      readonly generation: number;
      readonly size: number;
      readonly at: string;
      readonly broken: { readonly seq: number; readonly kind: string; readonly why: string } | null;
    }[]
  >;
  /** How far the custodian is with the chain that it is verifying, in records of all its generations, by its last word; null where it is at none. */
  verifying(): { readonly chain: string; readonly done: number } | null;
}

/** How one of the five pillars stands, with a line for people. */
export interface PillarState {
  readonly pillar: "workload" | "principal" | "policy" | "phi" | "trail";
  readonly state: "ok" | "degraded" | "down";
  readonly text: string;
}

/** Port: how this node stands; asked of what it already knows, so that asking costs nothing. */
export interface PillarsPort {
  now(): readonly PillarState[];
  /** Of the key that signs checkpoints: `sha256:` and hex. */
  fingerprint(): string;
}

/** All that the boundary and the routers stand on. The process builds it; tests give their own. */
export interface BoundaryDeps<Tx> {
  readonly now: () => number;
  readonly tokens: TokenVerifier;
  readonly policy: PolicyDesk;
  /** The sessions of people; a service has none. */
  readonly sessions: SessionGate;
  readonly trail: Trail<Tx>;
  readonly evidence: EvidencePort;
  readonly idempotency: IdempotencyStore<Tx>;
  readonly knocks: KnockCounter;
  readonly log: EventLog;
  readonly alerts: Pick<Alerts<Tx>, "raise">;
  /** Whether the database isn't what was signed last: then only what is marked `whenFrozen: "serve"` goes on. */
  readonly isFrozen: () => boolean;
  /** The incident that this chain is under, by the custodian's word; null where there is none. */
  readonly incidentOf: (chain: string) => OpenIncident | null;
}

/** A position in a chain; `mac` in hex. */
interface TrailPosition {
  readonly generation: number;
  readonly seq: number;
  readonly mac: string;
}

/** A break that the custodian found, until two people have ended it, and afterwards (docs/spec/custody-v1.md, section 9). */
export interface TrailIncident extends OpenIncident {
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly why: string;
  readonly foundAt: string;
  readonly foundBy: "checkpoint" | "verification";
  readonly isFrozen: boolean;
  readonly successor: number;
  readonly openedAt: string | null;
  readonly signed: TrailPosition | null;
  readonly stored: TrailPosition | null;
  readonly ended: { readonly at: string; readonly approval: string; readonly by: readonly string[] } | null;
}

export interface ApiDeps<Tx> extends BoundaryDeps<Tx>, EgressPorts<Tx>, OutboxPorts<Tx>, SpoolPorts<Tx> {
  readonly ended: EndedGenerations;
  readonly archives: ArchiveStore<Tx>;
  readonly rings: KeyRings;
  readonly passwords: DatabasePasswords;
  readonly reencryptions: Reencryptions<Tx>;
  /** Every incident, the oldest first, by the custodian's last word. */
  readonly incidents: () => readonly TrailIncident[];
  readonly incidentSteps: IncidentStepStore<Tx>;
  readonly keySteps: KeyStepStore<Tx>;
  readonly alerts: Alerts<Tx>;
  readonly signDocument: SignDocument;
  readonly checkShred: CheckShred;
  /** The deployment's id, as statements name it. */
  readonly deployment: string;
  readonly signingKey: () => SigningKey;
  /** A transaction that only reads, for what has to be looked at before keys are made. */
  readonly read: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly packets: PacketStore<Tx>;
  readonly uploads: UploadStore<Tx>;
  readonly documents: DocumentStore<Tx>;
  readonly signatures: SignatureStore<Tx>;
  readonly subjects: SubjectStore<Tx>;
  readonly subjectActs: SubjectActStore<Tx>;
  readonly shreds: ShredStore<Tx>;
  readonly studies: StudyStore<Tx>;
  /** How each study's data are classified now: what releasing and reading go by. */
  readonly profiles: Profiles;
  readonly profileStore: ProfileStore<Tx>;
  /** Makes a chain that is to have its first record in this transaction; false where it is there. */
  readonly openChain: (tx: Tx, chain: string) => Promise<boolean>;
  readonly changes: ChangeStore<Tx>;
  readonly approvals: ApprovalStore<Tx>;
  readonly assignments: AssignmentStore<Tx>;
  readonly locks: LockStore<Tx>;
  readonly emergencies: EmergencyStore<Tx>;
  readonly accessReviews: AccessReviewStore<Tx>;
  readonly trailReviews: TrailReviewStore<Tx>;
  readonly savedSearches: SavedSearchStore<Tx>;
  readonly policyVersions: PolicyVersionStore<Tx>;
  readonly services: ServiceStore<Tx>;
  /** The custodian ends a service's certificates, for good. @throws `service.unavailable`. */
  readonly revokeService: (service: string) => Promise<void>;
  readonly references: ReferenceKeyStore;
  readonly keys: KeyDesk;
  readonly referenceKeys: () => Promise<ReferenceKeys>;
  readonly archive: TrailArchive;
  readonly people: PeopleStores<Tx>;
  /** Names failed attempts, and identities elsewhere, without storing the names. */
  readonly peopleKey: Pick<PeopleKey, "nameOf" | "identityOf" | "ofState">;
  /** The external provider that people may sign in by; null where there is none. */
  readonly provider: IdentityProvider | null;
  readonly sessionLimits: SessionLimits;
  readonly random: RandomBytes;
  readonly stepUp: StepUp;
  readonly credentials: Credentials;
  readonly passkeys: PasskeyCeremonies;
  readonly search: CrossingSearch;
  readonly exposure: ExposurePort;
  /** Display names of principals, by id; a few seconds old at most. */
  readonly names: () => Promise<Readonly<Record<string, string>>>;
  readonly pillars: PillarsPort;
}
