/** A bundle of a closed generation that somebody wrote and verified. `digest` is the SHA-256 of its `manifest.json`, in hex. */
export interface ArchiveBundle {
  readonly chain: string;
  readonly generation: number;
  readonly digest: string;
  readonly principal: string;
  readonly atMs: number;
}

/** What the database has of a generation that was archived. `manifest` is the digest of its bundle's manifest; times are null where it had no record. */
export interface StoredArchival {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly manifest: string;
  /** When its first and its last record were made. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  /** Null while its records stand there still. */
  readonly removedAtMs: number | null;
}

/** Port: bundles of closed generations that were verified, and what was archived. What is told here of chains is theirs who reach these. */
export interface ArchiveStore<Tx> {
  /** Keeps a bundle's manifest and signed statement; the same again stays as it is. */
  keep(tx: Tx, bundle: ArchiveBundle & { readonly manifest: string; readonly statement: string }): Promise<void>;
  /** The exact text of a kept bundle's manifest, or null. */
  manifest(chain: string, generation: number, digest: string): Promise<string | null>;
  /** The kept bundles of these chains, oldest first. */
  bundles(chains: readonly string[]): Promise<readonly ArchiveBundle[]>;
  archivals(chains: readonly string[]): Promise<readonly StoredArchival[]>;
}
