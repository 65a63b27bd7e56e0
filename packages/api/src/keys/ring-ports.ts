/** The rings that the custodian keeps and turns. */
export type CustodianRing = "token" | "kek" | "ca" | "audit" | "sign";

/**
 * A ring of the custodian's keys, without secrets (docs/spec/custody-v1.md, section 10); or `database`, the passwords by which the processes use it, which the
 * supervisor turns by itself. Times in seconds since the epoch.
 */
export interface RingState<Ring extends string = CustodianRing | "database"> {
  readonly ring: Ring;
  readonly at: number;
  readonly windows: { readonly ageMaxS: number; readonly usesMax: number | null };
  readonly keys: readonly {
    readonly id: string;
    readonly state: "next" | "active" | "retiring" | "retired" | "destroyed";
    readonly fromS: number;
    readonly untilS: number | null;
    readonly wraps: number | null;
    /** Running nodes, or workloads with a certificate, that haven't shown that they hold it; null while that isn't known. */
    readonly lacking: readonly string[] | null;
    /**
     * Of an authority: workloads that have shown no certificate of another one; of a retired one, those that trust it still. Of an audit key: chains that go on
     * with it. Of passwords: the programs that are logged in by them. Null otherwise.
     */
    readonly holders: readonly string[] | null;
    /** Of a token key: tokens of it that haven't ended; null, or absent, where that isn't known. */
    readonly tokens?: number | null;
    /** Of a signing key. */
    readonly vkey?: string | null;
    readonly fingerprint?: string | null;
  }[];
}

/** A workload's newest certificate in force: by which authority of the ring `ca`, until when, and from when it is renewed; whether it was seen in its place. */
export interface CertificateState {
  readonly spiffe: string;
  readonly serial: string;
  readonly issuer: string;
  readonly notAfterS: number;
  readonly renewalS: number;
  readonly isShown: boolean;
}

/** The root key, without it: how often the custodian's store was moved to another one, when it last was and to which adapter's, and whether it opens now. */
export interface RootState {
  readonly moves: number;
  readonly movedAtMs: number | null;
  readonly provider: string | null;
  readonly isPresent: boolean;
}

/** Port: the passwords by which the processes use the database, as a ring that the supervisor turns. Null before there were any. */
export type DatabasePasswords = () => Promise<RingState<"database"> | null>;

/** How far data keys under one key-encryption key are wrapped anew under another. */
export interface RewrapJobState {
  readonly from: string;
  readonly to: string;
  readonly beganAtMs: number;
  readonly moved: number;
  readonly stuck: number;
}

/** How far a study's fields, or one subject's, are sealed anew under other data keys. Times in milliseconds since the epoch. */
export interface ReencryptJobState {
  readonly id: string;
  readonly study: string;
  readonly subject: string | null;
  readonly beganAtMs: number;
  readonly endedAtMs: number | null;
  readonly subjects: number;
  readonly moved: number;
  readonly fields: number;
  readonly stuck: number;
}

/** Port: jobs that seal stored fields anew. */
export interface Reencryptions<Tx> {
  /** Begins one in the transaction of its record; answers how many subjects it is about, null where the study has no such subject. */
  begin(tx: Tx, job: Pick<ReencryptJobState, "id" | "study" | "subject">): Promise<number | null>;
  /** The newest first. */
  all(): Promise<readonly ReencryptJobState[]>;
}

/** Port: the custodian's rings. @throws `keys.unavailable`; of a step `keys.step`, `keys.early`, `keys.unheld`, `keys.in_use`. */
export interface KeyRings {
  all(): Promise<readonly RingState<CustodianRing>[]>;
  /** The same with the newest certificate in force of each workload, the one that ends first being the first, and the root key: one look, since each counts every data key. */
  look(): Promise<{ readonly rings: readonly RingState<CustodianRing>[]; readonly certificates: readonly CertificateState[]; readonly root: RootState }>;
  /** Takes a step of a ring that has taken `at` steps. The last one asked for again answers the same. */
  step(asked: {
    readonly ring: CustodianRing;
    readonly step: "add" | "drop" | "activate" | "revert" | "retire" | "reopen";
    readonly at: number;
  }): Promise<RingState<CustodianRing>>;
  /**
   * Puts the next key in use, turns back to the one before, or destroys the secret of the earliest retired one, upon the exact text of an approval of kind `keys.activate` or `keys.destroy`
   * that the custodian verified by itself.
   * @throws `verb.refused`, too.
   */
  approved(asked: {
    readonly ring: CustodianRing;
    readonly step: "activate" | "revert" | "destroy";
    readonly at: number;
    readonly statement: string;
  }): Promise<RingState<CustodianRing>>;
  /** How many stored fields are sealed with data keys under each key-encryption key; null where that couldn't be counted in time. */
  fields(): Promise<ReadonlyMap<string, number> | null>;
  /** Every job there was, the newest first. */
  rewraps(): Promise<readonly RewrapJobState[]>;
}

/**
 * Port: whether the custodian would destroy a subject's keys upon this approval, which it verified by itself. `statement` is its exact text, `packets` are
 * those whose digest it names. @throws `verb.refused`, `keys.unavailable`.
 */
export type CheckShred = (statement: string, packets: readonly string[]) => Promise<void>;

/**
 * Port: the custodian's signature over a policy, a profile or a packet's manifest, upon an approval of its digest that it verified by itself. `statement` is
 * that approval's exact text. Answers the signed note, or, for a packet, the JWS. @throws `verb.refused`, `trail.unavailable`.
 */
export type SignDocument = (kind: "policy" | "profile" | "packet", canonical: string, statement: string) => Promise<string>;
