import type { Grant, SiteRef } from "@sallyport/policy";
import type { FieldRow, SubjectRow } from "./ports.ts";

/** Which versions of which record. */
export interface VersionsAt {
  readonly subject: string;
  readonly domain: string;
  readonly record: string;
  /** One version alone. */
  readonly version?: number | undefined;
  /** One variable alone. */
  readonly name?: string | undefined;
  readonly limit: number;
}

/** A version of a record, and the act by which it came. */
export interface VersionRow {
  readonly version: number;
  readonly atMs: number;
  /** The variables in which it differs from the version before; null for a first version, and where it was not noted. */
  readonly changed: readonly string[] | null;
  readonly packet: string;
  readonly releasedBy: string | null;
  /** The release's request; null where it was not noted. */
  readonly requestId: string | null;
  readonly fields: readonly FieldRow[];
}

/** Versions of one record, newest first. */
export interface RecordVersions {
  readonly subject: SubjectRow;
  readonly versions: readonly VersionRow[];
  /** How many there are, under the same question. */
  readonly total: number;
}

/** A subject with everything that is sealed for it, of every version. The dates of its withdrawals are fields of {@link CONSENT}. */
export interface WholeSubject {
  readonly subject: SubjectRow;
  readonly fields: readonly FieldRow[];
}

/** What a transfer writes: `fields` are all of {@link WholeSubject}, sealed anew for the new place. */
export interface SubjectMove {
  readonly id: string;
  readonly from: SiteRef;
  readonly to: SiteRef;
  /** The data key of the new place, as it was wrapped for it. */
  readonly wrapped: string;
  readonly fields: readonly FieldRow[];
  /** The id of the sealed reason. */
  readonly reason: string;
  readonly atMs: number;
}

/** A withdrawal of consent, or that the one before it was recorded in error. */
export interface WithdrawalRow {
  readonly subject: string;
  /** From 1. */
  readonly n: number;
  readonly act: "withdrawn" | "recorded_in_error";
  /** From when, sealed; null for a correction. */
  readonly sealed: string | null;
  readonly principal: string;
  readonly atMs: number;
}

/** Port: what is done to a subject as a whole. Every call filters by the grant's sites, and row-level security stands behind it. */
export interface SubjectActStore<Tx> {
  /** Versions of one record; null where the grant doesn't reach the subject. Needs `subject.read` or `phi.read`. */
  versions(grant: Grant, at: VersionsAt): Promise<RecordVersions | null>;
  /** Null where the grant doesn't reach the subject. Needs `subject.transfer`. */
  whole(grant: Grant, id: string): Promise<WholeSubject | null>;
  /** Moves a subject. Throws `service.busy` where it isn't where it was, or holds more than was given. */
  transfer(tx: Tx, grant: Grant, move: SubjectMove): Promise<void>;
  /** The sites at which a subject was before, each once; none where the grant doesn't reach it. */
  earlierSites(grant: Grant, id: string): Promise<readonly SiteRef[]>;
  /** A subject's withdrawals and their corrections, the latest first; null where the grant doesn't reach it. */
  withdrawals(grant: Grant, id: string): Promise<readonly WithdrawalRow[] | null>;
  /** The subject as it stands, locked until the transaction ends, with its latest withdrawal or correction. Needs `subject.withdraw`. */
  lockForWithdrawal(tx: Tx, grant: Grant, id: string): Promise<{ readonly subject: SubjectRow; readonly latest: WithdrawalRow | null } | null>;
  insertWithdrawal(tx: Tx, grant: Grant, row: Pick<WithdrawalRow, "subject" | "n" | "act" | "sealed" | "atMs"> & { readonly reason: string }): Promise<void>;
}

/** What a withdrawal's date is bound to, in place of a domain and a variable; no dataset has that name. */
export const CONSENT = { domain: "CONSENT", name: "FROM" } as const;

/** The date of a withdrawal as a sealed field of its subject; null for a correction, which has none. */
export const consentField = ({ subject, n, sealed }: Pick<WithdrawalRow, "subject" | "n" | "sealed">): FieldRow | null =>
  sealed === null ? null : { subject, ...CONSENT, record: String(n), version: 1, classification: "phi", sealed };
