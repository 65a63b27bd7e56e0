import type { Grant } from "@sallyport/policy";

/** What stands in place of a wrapped key that was destroyed. */
export const SHREDDED = "shredded";

/** Whether the keys of what this wrapped key belongs to were destroyed for good. */
export const isShredded = ({ wrapped }: { readonly wrapped: string }): boolean => wrapped === SHREDDED;

/** What destroying a subject's keys would come to now. */
export interface ShredScope {
  readonly study: string;
  readonly label: string;
  /** The subject's data key as it is stored. */
  readonly wrapped: string;
  /** The first day on which the study's data may be destroyed, `YYYY-MM-DD`; null where nobody has said. */
  readonly retainedUntil: string | null;
  /** Packets of its sites that nobody has decided on: what is in them isn't known. */
  readonly undecided: number;
  /** Released packets of its sites of which documents are still read. */
  readonly mixed: number;
  /** Ids of the packets whose originals go too. */
  readonly packets: readonly string[];
  /** How many of these name other sites, too. */
  readonly elsewhere: number;
}

/** Who had a subject shredded, and when. */
export interface ShredRow {
  readonly approval: string;
  readonly atMs: number;
  /** When the custodian had destroyed what it held; null until then. */
  readonly destroyedAtMs: number | null;
  /** Printed names. */
  readonly requestedBy: string;
  readonly approvedBy: readonly string[];
  readonly packets: number;
}

/** A shred that the custodian is to carry out; `atMs` and `subject` are its place in the order of all. */
export interface DueShred {
  readonly subject: string;
  readonly approval: string;
  /** The approval's exact text. */
  readonly statement: string;
  readonly packets: readonly string[];
  readonly atMs: number;
}

/** Port: subjects whose keys are destroyed for good (ADR 0065). */
export interface ShredStore<Tx> {
  /** Holds the subject until the transaction ends; null where there is none. Needs `subject.withdraw` or `approval.decide`; without a grant, a transaction that stands at one. */
  scope(tx: Tx, grant: Grant | null, id: string): Promise<ShredScope | null>;
  /** Shreds upon an approval, whose last vote is in this transaction; false where it was done already. */
  shred(tx: Tx, shred: { readonly subject: string; readonly approval: string; readonly packets: readonly string[]; readonly atMs: number }): Promise<boolean>;
  /** Who did, of a subject that the grant reaches; null where nobody did. */
  of(grant: Grant, id: string): Promise<ShredRow | null>;
  /** Those that the custodian hasn't carried out yet, the oldest first, behind this one. */
  due(limit: number, after: Pick<DueShred, "atMs" | "subject"> | null): Promise<readonly DueShred[]>;
  /** Says that the custodian did; false where that was said already. */
  carriedOut(subject: string, atMs: number): Promise<boolean>;
}
