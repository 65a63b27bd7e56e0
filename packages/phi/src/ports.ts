import type { Grant, SiteRef } from "@sallyport/policy";
import type { DocumentCounts, ReceivedDocument } from "./documents.ts";

/** What a variable's values are. `treatment` would unblind; what nobody classified is `phi`. */
export type Classification = "public" | "regulatory" | "phi" | "treatment";

/** A subject as stored, without any value. */
export interface SubjectRow extends SiteRef {
  /** Opaque: `sub_` and 26 characters of Crockford base32. */
  readonly id: string;
  /** Pronounceable, unique in the study, derived from the id alone: no PHI. */
  readonly label: string;
  /** The subject's data key as the custodian wrapped it. */
  readonly wrapped: string;
  /** Which of the subject's data keys that is: from 1, one more at each site that it came to, and each time that its fields were sealed anew. */
  readonly keyVersion: number;
  /** When it was recorded that consent is withdrawn, in milliseconds since the epoch; null where it isn't. */
  readonly withdrawnAtMs: number | null;
}

/** A subject that is stored for the first time. */
export type NewSubjectRow = Omit<SubjectRow, "keyVersion" | "withdrawnAtMs"> & { readonly lookup: string };

/** One sealed field of one version of one record. `record` is `1` in domains with one row per subject. */
export interface FieldRow {
  readonly subject: string;
  readonly domain: string;
  readonly record: string;
  readonly version: number;
  readonly name: string;
  readonly classification: Classification;
  /** `sp1.<keyId>.<base64url(nonce|ct|tag)>`. */
  readonly sealed: string;
}

/** One version of one record. */
export interface RecordRow {
  readonly subject: string;
  readonly domain: string;
  readonly record: string;
  readonly version: number;
  /** The variables in which this version differs from the one before it; absent for a first version. */
  readonly changed?: readonly string[];
  /** The row of the file that made this version, from 1: the order in which a person reads them. */
  readonly position: number;
}

/** One version of a record with all its fields, to be written. */
export interface SealedVersion {
  readonly record: RecordRow;
  readonly fields: readonly FieldRow[];
}

/** A record's current version with all its fields, and the packet that made it. */
export interface CurrentRecord extends Omit<RecordRow, "position" | "changed"> {
  readonly packet: string;
  readonly fields: readonly FieldRow[];
}

/** What of a subject is opened: everything, or one domain, one record, some variables (`DOMAIN.NAME`), or one page of records. */
export interface OpeningOf {
  readonly names?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly record?: string | undefined;
  readonly after?: PageEnd | undefined;
  /** Records at most. */
  readonly limit?: number | undefined;
}

/** Where a page of a subject's records ends. */
export interface PageEnd {
  readonly position: number;
  readonly record: string;
}

export interface OpenedSubject {
  readonly subject: SubjectRow;
  /** Of current versions, record by record in the order of their rows. */
  readonly fields: readonly FieldRow[];
  /** Where the page ends, if there may be more; null at the end. */
  readonly next: PageEnd | null;
  /** The current records of each domain, where one was asked for. */
  readonly domains: readonly { readonly domain: string; readonly records: number }[];
}

/** A subject as a release finds it again. */
export interface FoundSubject {
  readonly lookup: string;
  readonly subject: SubjectRow;
}

/** Port: subjects. Every call filters by the grant's sites, and row-level security stands behind it. */
export interface SubjectStore<Tx> {
  /** One page by label, after `after`; `total` and `bySite` count what the grant reaches under the same filter. */
  list(
    grant: Grant,
    filter: { readonly study?: string | undefined; readonly site?: string | undefined; readonly after?: string | undefined; readonly limit: number },
  ): Promise<{
    readonly items: readonly SubjectRow[];
    readonly total: number;
    readonly bySite: readonly (SiteRef & { readonly count: number })[];
  }>;
  /** The subject with the current fields that are asked for, or null where there is none that the grant reaches. */
  open(grant: Grant, id: string, of?: OpeningOf): Promise<OpenedSubject | null>;
  /** The subject's label, inside a transaction, or null where there is none that the grant reaches. Opens nothing. */
  labelOf(tx: Tx, grant: Grant, id: string): Promise<string | null>;
  /** The owning site of a subject, from our own records, or null. Takes no grant: it feeds the decision, and tells nothing to a caller. */
  siteOf(id: string): Promise<SiteRef | null>;
  /** The owning sites behind these lookups (HMAC of study and USUBJID, hex), where there are any. Takes no grant, as {@link SubjectStore.siteOf}. */
  sitesByLookup(study: string, lookups: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The subject behind one lookup, or null. Takes no grant: what is done with it is decided anew. */
  byLookup(study: string, lookup: string): Promise<string | null>;
  /** The subjects behind these lookups that the grant reaches. Under `lock` their acts wait until the transaction ends; that needs `packet.release`. */
  find(tx: Tx, grant: Grant, study: string, lookups: readonly string[], how: "look" | "lock"): Promise<readonly FoundSubject[]>;
  /** The current versions of these records, for a release or an inspection; one that isn't stored is left out. */
  current(tx: Tx, grant: Grant, domain: string, records: readonly Pick<RecordRow, "subject" | "record">[]): Promise<readonly CurrentRecord[]>;
  /** How many records of a domain each of the grant's sites of a study has, by site. */
  countRecords(tx: Tx, grant: Grant, study: string, domain: string): Promise<ReadonlyMap<string, number>>;
  /** Locks subjects until the transaction ends, in the order of their ids: their acts come one after the other. Needs `packet.release` or `subject.withdraw`. */
  lock(tx: Tx, grant: Grant, ids: readonly string[]): Promise<void>;
  insert(tx: Tx, grant: Grant, subjects: readonly NewSubjectRow[]): Promise<void>;
  /** Inserts new versions of records with all their fields. Old versions stay. */
  insertVersions(tx: Tx, grant: Grant, packet: string, versions: readonly SealedVersion[]): Promise<void>;
  /** The variables by which the records of a domain are told apart since its first release, or null before it. */
  recordKeys(tx: Tx, study: string, domain: string): Promise<readonly string[] | null>;
  /** Keeps them at the first release; answers the ones that stand. */
  keepRecordKeys(
    tx: Tx,
    grant: Grant,
    packet: string,
    keys: { readonly study: string; readonly domain: string; readonly variables: readonly string[] },
  ): Promise<readonly string[]>;
}

/** `receiving` belongs to its uploader alone; `abandoned` is what nobody completed. */
export type PacketState = "receiving" | "quarantined" | "released" | "rejected" | "abandoned";

/** How many subjects a release created, gave something new, and left as they were. */
export interface SubjectCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** The same of records. `absent`: stored ones of the same domains and sites that the packet doesn't name; they stay. */
export interface RecordCounts extends SubjectCounts {
  readonly absent: number;
}

export interface ReleaseCounts {
  readonly subjects: SubjectCounts;
  readonly records: RecordCounts;
}

/** What a release came to. One from before there were documents has none. */
export interface ReleaseOutcome extends ReleaseCounts {
  readonly documents?: DocumentCounts;
}

/** One file of a packet: what may be said of it before anybody has released it. `n` is from 1, in the order sent. */
export interface PacketFileRow {
  readonly n: number;
  readonly dataset: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  /** What it is where it is no dataset; then `dataset` is the document's type, `format` its media type, and it has no rows. */
  readonly document: ReceivedDocument | null;
}

/** A packet's own row: counts and ids only, no values. */
export interface PacketRow {
  /** `pkt_` and 26 characters of Crockford base32. */
  readonly id: string;
  readonly study: string;
  readonly sites: readonly string[];
  readonly dataset: string;
  readonly format: string;
  readonly profile: string;
  readonly state: PacketState;
  readonly bytes: number;
  readonly rows: number;
  readonly files: readonly PacketFileRow[];
  readonly receivedAtMs: number;
  readonly ingestedBy: string;
  /** The person behind the ingesting principal: releasing is for another. */
  readonly ingestedByPerson: string;
  readonly wrapped: string;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly outcome: ReleaseOutcome | null;
}

/** A sealed chunk of a packet's file; `n` is from 0. */
export interface PacketChunk {
  readonly file: number;
  readonly n: number;
  readonly sealed: Buffer;
}

/** Port: packets in quarantine. */
export interface PacketStore<Tx> {
  insert(tx: Tx, grant: Grant, packet: Omit<PacketRow, "decidedBy" | "decidedAtMs" | "outcome">, chunks: readonly PacketChunk[]): Promise<void>;
  /** Packets that lie wholly within the grant's sites, newest first. */
  list(
    grant: Grant,
    filter: { readonly study?: string | undefined; readonly state?: PacketState | undefined; readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ readonly items: readonly PacketRow[]; readonly total: number }>;
  /** How many in quarantine lie wholly within the grant's sites and were brought in by somebody else than its person. Needs `packet.release`. */
  waiting(grant: Grant): Promise<number>;
  get(grant: Grant, id: string): Promise<PacketRow | null>;
  /** Sites, state and ingesting principal of a packet, from our own records, or null; feeds the decision. */
  placeOf(id: string): Promise<{ readonly sites: readonly SiteRef[]; readonly state: PacketState; readonly ingestedByPerson: string; readonly ingestedBy: string } | null>;
  /** Locks the packet's row for a decision on it and returns it. */
  lock(tx: Tx, grant: Grant, id: string): Promise<PacketRow | null>;
  /** Sealed chunks of one file, in order, from a position on. Needs `packet.release` or `packet.inspect`. */
  chunks(tx: Tx, grant: Grant, id: string, part: { readonly file: number; readonly from: number; readonly limit: number }): Promise<readonly Buffer[]>;
  decide(tx: Tx, grant: Grant, id: string, state: "released" | "rejected", outcome: PacketRow["outcome"]): Promise<void>;
}

/** Port: the registry of studies and sites. */
export interface StudyRow {
  readonly id: string;
  readonly title: string;
  readonly profile: string;
  readonly sites: readonly SiteRow[];
  /** The first day on which its data may be destroyed, `YYYY-MM-DD`; null or absent where nobody has said. */
  readonly retainedUntil?: string | null;
}
export interface SiteRow {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-3. */
  readonly country: string;
  /** Since when nothing new comes in; null or absent while it is open. */
  readonly closedAtMs?: number | null;
}
export interface StudyStore<Tx> {
  all(): Promise<readonly StudyRow[]>;
  /** Registers a study with its sites; registering the same again changes nothing; differently is `registration.conflict`. */
  register(tx: Tx, study: StudyRow): Promise<"registered" | "unchanged">;
  /** Reads a study and holds its row until the transaction ends. */
  lock(tx: Tx, study: string): Promise<StudyRow | null>;
  /** Adds sites. Throws `registration.conflict` for one that is there. */
  addSites(tx: Tx, study: string, sites: readonly SiteRow[]): Promise<void>;
  /** Until when a study's data are kept, upon an approval of it whose last vote is in this transaction. */
  retain(tx: Tx, approval: string): Promise<void>;
  changeTitle(tx: Tx, study: string, title: string): Promise<void>;
  /** Closes a site, or with null opens it again; false where it is so already, or there is none such. */
  close(tx: Tx, study: string, site: string, closedAtMs: number | null): Promise<boolean>;
}

/** Port: sealed values of changes and free-text reasons; the trail holds a salted commitment to them. */
export interface ChangeStore<Tx> {
  insert(tx: Tx, change: { readonly id: string; readonly requestId: string; readonly sealed: string; readonly commitment: string }): Promise<void>;
  /** The sealed reason of one request by the commitment that its record holds, through a grant that reads the trail. */
  reason(
    grant: Grant,
    of: { readonly requestId: string; readonly commitment: string },
  ): Promise<{ readonly id: string; readonly sealed: string; readonly commitment: string } | null>;
}

/** Port: the keys that belong to no subject and no packet (reference and lookup key, change key), wrapped. Made once. */
export interface ReferenceKeyStore {
  get(id: string): Promise<string | null>;
  /** Inserts unless there is one; answers the one that stands. */
  putIfAbsent(id: string, wrapped: string): Promise<string>;
}
