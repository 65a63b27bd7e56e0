/** What a record says was decided. `error` is a crossing that was allowed and then failed; nothing of it happened. */
export type RecordedDecision = "allow" | "deny" | "error" | "note";

/** What the api hands in; the chain's position, time and MAC are added when it is sealed. All values are printable ASCII. */
export interface RecordDraft {
  /** `site:<study>/<site>` or `system`. */
  readonly chain: string;
  readonly principal: string;
  readonly role: string;
  readonly workload: string;
  readonly action: string;
  readonly resource: string;
  /** `study/site`, or `-` where no site is concerned. */
  readonly site: string;
  readonly decision: RecordedDecision;
  readonly reason: string;
  readonly request_id: string;
  /** `v<version>:<first 16 hex of the digest>` of the policy that decided, or `-`. */
  readonly policy: string;
  readonly detail: string;
}

/** A record's canonical members without `mac` (docs/spec/audit-record-v1.md). `v` is 1. */
export interface AuditRecord extends RecordDraft {
  readonly v: number;
  readonly deployment: string;
  readonly generation: number;
  readonly seq: number;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`, stamped by the custodian, never decreasing in a chain. */
  readonly timestamp_utc: string;
  /** MAC of the record before, or 64 zeros. Lower-case hex. */
  readonly prev_mac: string;
}

/** A record as stored: the exact canonical bytes that were MACed (ASCII), and the MAC (64 lower-case hex). */
export interface SealedRecord {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly prevMac: string;
  readonly mac: string;
  readonly body: string;
}

/** The last record of a chain's open generation; `seq` 0 and 64 zeros before the first. */
export interface Head {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly mac: string;
}

/** What the custodian needs to seal a run of records of one chain. */
export interface SealBatch {
  readonly head: Head;
  readonly drafts: readonly RecordDraft[];
}

/** The custodian's answer for one batch: one time for all, one MAC (hex) per draft, and the time that every record bears. */
export interface SealAnswer {
  readonly timestampUtc: string;
  readonly macs: readonly string[];
}

/** Port: makes MACs. The custodian is the only one that can. Deadline in milliseconds; throws `trail.unavailable` or `verb.refused`. */
export interface Sealer {
  seal(batches: readonly SealBatch[], deadlineMs: number): Promise<readonly SealAnswer[]>;
}

/** Port: what a caller learns of its record once it is durable. */
export interface Receipt {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly mac: string;
}

/** Port: the store of records. `Tx` is the store's own handle of an open transaction. */
export interface TrailStore<Tx> {
  /** The heads of these chains as committed; a chain that was never opened is missing from the answer. */
  heads(chains: readonly string[]): Promise<readonly Head[]>;
  /**
   * Inserts a run of sealed records of ONE chain and moves its head in one statement, if and only if the head still is `expected`.
   * Answers `stored`, `moved` (nothing was written) — or throws, and then the outcome is unknown until {@link TrailStore.holds} is asked,
   * unless the error's context says `undone: true`: the store itself refused, and nothing was written.
   * Asserts that the commit is durable (synchronous_commit).
   */
  insertAtHead(expected: Head, records: readonly SealedRecord[]): Promise<"stored" | "moved">;
  /** Whether this very record (chain, generation, seq, mac) is committed. */
  holds(record: SealedRecord): Promise<boolean>;
  /** Opens a transaction of the store's own, for a run that must take the row lock instead of the compare-and-set. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Locks heads inside an open transaction, in name order with `system` last, and returns them. They are its last locks. */
  lockHeads(tx: Tx, chains: readonly string[]): Promise<readonly Head[]>;
  /** Inserts sealed records of locked chains and moves their heads, inside the open transaction. */
  insertLocked(tx: Tx, records: readonly SealedRecord[]): Promise<void>;
  /** Opens a chain's first generation inside the open transaction (a head at seq 0); false where it is open already. */
  openChain(tx: Tx, chain: string): Promise<boolean>;
  /** Closes a chain's generation where it stands, and begins this one (a head at seq 0); false where the chain is there already, or beyond. */
  openGeneration(tx: Tx, chain: string, generation: number): Promise<boolean>;
}

/** A deep or offline verification's finding: the first bad record and the kind. */
export type BreakKind = "altered" | "missing" | "inserted" | "reordered" | "truncated" | "rolled back" | "forked" | "foreign";
export interface Break {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly kind: BreakKind;
  /** One sentence for people; no value of any record. */
  readonly why: string;
}
