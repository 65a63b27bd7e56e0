/** A proposed policy as stored. Its bytes never change; `approval` is the one that was asked for it last. */
export interface PolicyProposalRow {
  /** `pol_` and 26 characters of Crockford base32. */
  readonly id: string;
  /** SHA-256 of `canonical`, lower-case hex. */
  readonly digest: string;
  readonly canonical: string;
  /** Its tests, as written (docs/spec/policy-v1.md §8). */
  readonly suite: string;
  /** The version that it was made from. */
  readonly base: number;
  readonly proposedBy: string;
  readonly proposedAtMs: number;
  readonly approval: string | null;
  /** Of that approval. */
  readonly approvalState: "requested" | "approved" | "rejected" | "withdrawn" | "done" | null;
  readonly approvalExpiresAtMs: number | null;
}

/** How a version came to be, and what became of it at its time: `outcome` is null until then. */
export interface PolicyChangeRow {
  readonly version: number;
  readonly base: number;
  readonly proposal: string;
  readonly approval: string;
  readonly effectiveAtMs: number;
  readonly settledAtMs: number | null;
  readonly outcome: "effective" | "superseded" | "refused" | null;
}

export interface PolicyVersionRow {
  readonly version: number;
  readonly canonical: string;
  readonly storedAtMs: number;
  readonly isActive: boolean;
  /** Null for the version that the deployment was founded with. */
  readonly suite: string | null;
  readonly change: PolicyChangeRow | null;
}

/** Port: proposals and versions. What moves the active version locks it first, so that moves follow each other. */
export interface PolicyVersionStore<Tx> {
  /** Newest first, at most `limit`. */
  proposals(limit: number): Promise<readonly PolicyProposalRow[]>;
  proposal(id: string): Promise<PolicyProposalRow | null>;
  proposalIn(tx: Tx, id: string): Promise<PolicyProposalRow | null>;
  propose(tx: Tx, row: Omit<PolicyProposalRow, "approval" | "approvalState" | "approvalExpiresAtMs">): Promise<void>;
  /** Notes which approval was asked for a proposal. */
  asked(tx: Tx, proposal: string, approval: string): Promise<void>;
  /** Newest first. */
  versions(): Promise<readonly PolicyVersionRow[]>;
  version(version: number): Promise<PolicyVersionRow | null>;
  /** The highest version that is stored, in effect or not. */
  highest(tx: Tx): Promise<number>;
  /** The active version, locked until the transaction ends. */
  lockActive(tx: Tx): Promise<{ readonly version: number; readonly canonical: string }>;
  /** Stores a signed version with how it came to be; where its change says that it is in effect, it becomes the active one. */
  store(tx: Tx, version: { readonly version: number; readonly canonical: string; readonly note: string }, change: PolicyChangeRow): Promise<void>;
  /** Whether a change waits whose time has come. */
  isDue(nowMs: number): Promise<boolean>;
  /** The first change whose time has come and that nobody has settled, locked; null where there is none, or another node is at it. */
  lockDue(tx: Tx, nowMs: number): Promise<(PolicyChangeRow & { readonly canonical: string }) | null>;
  /** Settles a locked change; `effective` makes its version the active one. */
  settle(tx: Tx, version: number, outcome: NonNullable<PolicyChangeRow["outcome"]>, nowMs: number): Promise<void>;
}
