import type { Grant } from "./grant.ts";
import type { Assignment } from "./model.ts";

/** Whose assignments a review looks at; `*` for any. */
export interface ReviewScope {
  readonly study: string;
  readonly site: string;
  readonly role: string;
}

/** An assignment as it was when the review was opened. */
export interface ReviewLineRow extends Assignment {
  readonly line: number;
  readonly principal: string;
  /** The person behind the account, or the service itself. */
  readonly person: string;
  readonly label: string;
}

export interface ReviewDecisionRow {
  readonly verdict: "keep" | "end";
  /** The person who decided. */
  readonly by: string;
  readonly atMs: number;
  /** The request by which it is ended, where that needs one. */
  readonly approval: string | null;
}

export interface AccessReviewRow extends ReviewScope {
  /** `arv_` and 26 characters of Crockford base32. */
  readonly id: string;
  readonly openedBy: string;
  readonly openedAtMs: number;
  readonly dueAtMs: number;
  /** Id of the sealed reason. */
  readonly reason: string;
  /** SHA-256 of its lines. */
  readonly digest: string;
  readonly signed: { readonly by: string; readonly atMs: number; readonly digest: string } | null;
}

/** A line with its last decision, and when its assignment ends as things stand now. */
export interface StandingLine extends ReviewLineRow {
  readonly nowUntilMs: number | null;
  readonly decision: ReviewDecisionRow | null;
}

/** How far a review is: its lines, those decided, those to be ended, and the undecided ones that are somebody else's than the person's who asks. */
export interface ReviewTally {
  readonly lines: number;
  readonly decided: number;
  readonly ended: number;
  readonly ofOthers: number;
}

/** Port: reviews of who holds what. Lines and decisions are only ever added, and none to a review that is signed off. */
export interface AccessReviewStore<Tx> {
  /** What is held now or from later on within a scope. */
  held(tx: Tx, scope: ReviewScope, nowMs: number): Promise<readonly ReviewLineRow[]>;
  open(tx: Tx, row: Omit<AccessReviewRow, "signed">, lines: readonly ReviewLineRow[]): Promise<void>;
  byId(id: string): Promise<AccessReviewRow | null>;
  /** Newest first. */
  list(limit: number): Promise<readonly AccessReviewRow[]>;
  /** How far each of these is, for this person. */
  tallies(reviews: readonly string[], person: string): Promise<ReadonlyMap<string, ReviewTally>>;
  /** The lines of one, in their order. */
  lines(review: string): Promise<readonly StandingLine[]>;
  /** Reads one with its lines and holds it until the transaction ends. */
  lock(tx: Tx, id: string): Promise<{ readonly row: AccessReviewRow; readonly lines: readonly StandingLine[] } | null>;
  decide(tx: Tx, review: string, line: number, decision: ReviewDecisionRow & { readonly principal: string; readonly reason: string }): Promise<void>;
  sign(tx: Tx, review: string, signing: NonNullable<AccessReviewRow["signed"]> & { readonly reason: string }): Promise<void>;
  /** The sealed reason of a review. Needs `role.read`. */
  sealedReason(grant: Grant, review: string): Promise<{ readonly id: string; readonly sealed: string; readonly commitment: string } | null>;
}
