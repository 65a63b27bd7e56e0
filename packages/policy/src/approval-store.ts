import type { ApprovalStanding, ApprovalState, Verdict } from "./approval.ts";
import type { Grant } from "./grant.ts";
import type { SiteRef } from "./model.ts";

/** One person's verdict, as stored. */
export interface ApprovalVoteRow {
  readonly person: string;
  readonly printedName: string;
  readonly principal: string;
  readonly verdict: Verdict;
  /** `passkey`: the custodian verified it, and `note` says so; `server-attested`: the api's word; null for a rejection, which proves nothing. */
  readonly proof: "passkey" | "server-attested" | null;
  readonly note: string | null;
  /** Id of the sealed reason. */
  readonly reason: string;
  readonly atMs: number;
}

/** A request as stored. Nothing of it is a value of a subject's. */
export interface ApprovalRow extends ApprovalStanding {
  /** `apr_` and 26 characters of Crockford base32. */
  readonly id: string;
  readonly kind: string;
  /** The exact text that is hashed and signed (docs/spec/approval-v1.md). */
  readonly statement: string;
  /** SHA-256 of the statement, lower-case hex. */
  readonly digest: string;
  /** The lines of the effect as they were shown, canonical JSON; the statement holds its digest. */
  readonly effect: string;
  /** What it is about, in one line. */
  readonly about: string;
  /** The subject that it is about, or null. */
  readonly subject: string | null;
  /** Where it belongs; null for the whole deployment. */
  readonly site: SiteRef | null;
  readonly requestedBy: string;
  readonly requestedByName: string;
  /** Id of the sealed reason. */
  readonly reason: string;
  readonly requestedAtMs: number;
  readonly votes: readonly ApprovalVoteRow[];
}

/** A kind of request that the caller may decide, and where: over the deployment, or at these sites (`study/site`). */
export interface DecidableKind {
  readonly kind: string;
  readonly deployment: boolean;
  readonly sites: readonly string[];
}

/** Port: requests and votes. Each call filters by the grant's sites, and row-level security stands behind it. */
export interface ApprovalStore<Tx> {
  /** Kind, site and requesting person, from our own records, or null. Takes no grant: it feeds the decision, and tells nothing to a caller. */
  placeOf(id: string): Promise<{ readonly kind: string; readonly site: SiteRef | null; readonly subject: string | null; readonly requestedByPerson: string } | null>;
  insert(tx: Tx, grant: Grant, row: Omit<ApprovalRow, "requestedByName" | "votes" | "state" | "usableUntilMs">): Promise<void>;
  get(grant: Grant, id: string): Promise<ApprovalRow | null>;
  /** Newest first, after `after`: what the person asked for or may decide. `waiting` counts what they may decide at `nowMs`. */
  list(
    grant: Grant,
    filter: {
      readonly show: "open" | "decide" | "mine" | "expired" | "all";
      /** One kind alone. */
      readonly kind?: string | undefined;
      readonly person: string;
      readonly decidable: readonly DecidableKind[];
      readonly nowMs: number;
      readonly after?: string | undefined;
      readonly limit: number;
    },
  ): Promise<{ readonly items: readonly ApprovalRow[]; readonly waiting: number }>;
  /** Locks the request until the transaction ends, so that acts on it follow each other, and answers it as it then stands. */
  lock(tx: Tx, grant: Grant, id: string): Promise<ApprovalRow | null>;
  vote(tx: Tx, grant: Grant, id: string, vote: Omit<ApprovalVoteRow, "printedName" | "principal">): Promise<void>;
  /** Moves a locked request on. Throws `approval.state` where it doesn't stand at `from` any more. */
  settle(
    tx: Tx,
    grant: Grant,
    id: string,
    move: { readonly from: ApprovalState; readonly to: ApprovalState; readonly atMs: number; readonly usableUntilMs?: number },
  ): Promise<void>;
  /**
   * Withdraws every open request that a person made, approved, or is concerned by, at whatever site, but for one; answers how many. It is for
   * somebody who has left: nothing that waits for them, or rests on their word, goes on.
   */
  withdrawOf(tx: Tx, person: string, but: string | null, atMs: number): Promise<number>;
  /** The sealed text of a reason that belongs to a request which the grant reaches, or null. Needs `approval.read`. */
  sealedReason(grant: Grant, request: string): Promise<{ readonly id: string; readonly sealed: string; readonly commitment: string } | null>;
}
