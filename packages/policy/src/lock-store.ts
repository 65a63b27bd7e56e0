import type { Grant } from "./grant.ts";
import type { Lock } from "./locks.ts";

/** A lock as stored, whether or not it is in force. */
export interface LockRow extends Lock {
  /** `lck_` and 26 characters of Crockford base32. */
  readonly id: string;
  /** The person who set it, or the service. */
  readonly setBy: string;
  readonly setAtMs: number;
  /** Id of the sealed reason. */
  readonly reason: string;
  readonly lifted: { readonly by: string; readonly atMs: number } | null;
}

/** Port: locks. None is ever deleted, and one that was lifted stays lifted. Each change moves the policy's epoch. */
export interface LockStore<Tx> {
  byId(id: string): Promise<LockRow | null>;
  /** Newest first. Needs `lock.read`. */
  list(grant: Grant, limit: number): Promise<readonly (LockRow & { readonly sealed: string; readonly commitment: string })[]>;
  /** Reads one and holds it until the transaction ends. */
  lock(tx: Tx, id: string): Promise<LockRow | null>;
  /** Every lock on this that was set since `sinceMs` or is not lifted, newest first. */
  on(tx: Tx, what: Pick<Lock, "kind" | "target">, sinceMs: number): Promise<readonly LockRow[]>;
  set(tx: Tx, row: Omit<LockRow, "lifted">): Promise<void>;
  /** Throws `lock.state` where it was lifted already. */
  lift(tx: Tx, id: string, lifting: { readonly by: string; readonly atMs: number; readonly reason: string }): Promise<void>;
}
