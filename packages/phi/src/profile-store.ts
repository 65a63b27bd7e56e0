import type { Grant } from "@sallyport/policy";
import type { FieldCount } from "./profile-difference.ts";

/** A version as it is stored. */
export interface StoredProfile {
  readonly id: string;
  readonly version: number;
  readonly canonical: string;
  readonly note: string;
}

/** A version in the history of its profile. */
export interface ProfileVersionRow extends StoredProfile {
  /** The request that approved it; null for one that is shipped. */
  readonly approval: string | null;
  readonly atMs: number;
}

/** The versions in force, and which study has which profile, as of one epoch. */
export interface ProfileSnapshot {
  readonly epoch: bigint;
  readonly profiles: readonly StoredProfile[];
  readonly studies: readonly { readonly study: string; readonly profile: string }[];
}

/** Port: classification profiles. Versions only grow; the one in force is the highest. */
export interface ProfileStore<Tx> {
  epoch(): Promise<bigint>;
  snapshot(): Promise<ProfileSnapshot>;
  /** All versions of one profile, newest first; none where there is no such profile. */
  versions(id: string): Promise<readonly ProfileVersionRow[]>;
  /** Stores the next version, in force from the commit on. @throws SallyportError `profile.version` unless it is the next one. */
  insert(tx: Tx, row: ProfileVersionRow): Promise<void>;
  /** Keeps a draft by its digest; the same one again changes nothing. */
  keepDraft(tx: Tx, draft: { readonly digest: string; readonly canonical: string; readonly atMs: number }): Promise<void>;
  /** A draft that was kept, or null. */
  draft(tx: Tx, digest: string): Promise<string | null>;
  /** How many current fields of these variables each study of a profile has. Needs `profile.read` or `profile.change`. */
  countFields(tx: Tx, grant: Grant, profile: string, names: readonly string[]): Promise<readonly FieldCount[]>;
}
