import type { Grant } from "./grant.ts";

/** A request that was handed over, as the database has it: who sent it, and what became of it. Times in milliseconds since the epoch. */
export interface SpooledRow {
  readonly receipt: string;
  /** The node's spool, and the place in it, from 1. */
  readonly spool: string;
  readonly n: number;
  readonly workload: string;
  /** Thumbprint of the certificate that it was sent with. */
  readonly x5t: string;
  readonly principal: string;
  readonly procedure: string;
  readonly takenMs: number;
  /** Of the sealed file. */
  readonly bytes: number;
  readonly sha256: string;
}

/** How a request ended: as a crossing of this id, or refused, why. */
export type SpooledEnd =
  | { readonly state: "replayed"; readonly reason: null; readonly requestId: string }
  | { readonly state: "refused"; readonly reason: string; readonly requestId: string | null };

export interface SpooledStanding extends SpooledRow {
  readonly state: "waiting" | "replayed" | "refused" | "discarded";
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly settledMs: number | null;
  /** Upon which it was discarded. */
  readonly approval: string | null;
  /** When its node let go of what was sealed of one that was discarded; null until then. */
  readonly letGoMs: number | null;
}

/** One that may be discarded, as it stands while it is held. */
export interface HeldSpooled extends Pick<SpooledRow, "receipt" | "principal" | "takenMs" | "bytes" | "sha256"> {
  /** Whether it waits, and no node is sending it through the boundary. */
  readonly isWaiting: boolean;
}

/** Port: what callers handed over while the boundary couldn't serve. Nothing of what was sent; none is ever removed. */
export interface SpoolStore<Tx> {
  /** Enters one; false where it is there. */
  enter(tx: Tx, row: SpooledRow): Promise<boolean>;
  /** Settles one, once; false where it was settled before. */
  settle(tx: Tx, receipt: string, end: SpooledEnd, atMs: number): Promise<boolean>;
  /** Begins a request's replay, or gives it up (null): while it is under way it isn't discarded. False where it doesn't wait any more. */
  replaying(receipt: string, sinceMs: number | null): Promise<boolean>;
  /** Those of these that are known, by receipt, held until the transaction ends. Needs `spool.discard`, or the right to decide on it. */
  hold(tx: Tx, grant: Grant, receipts: readonly string[]): Promise<readonly HeldSpooled[]>;
  /** Discards what an approval that was just given names; answers how many. Throws, and discards nothing, where not all of them wait. */
  discard(tx: Tx, approval: string, atMs: number): Promise<number>;
  /** Those of a spool that were discarded, and whose sealed content its node still has, with the approval of each. */
  discarded(spool: string): Promise<readonly { readonly receipt: string; readonly approval: string }[]>;
  /** Puts down that its node lets go of one that was discarded, once; false where it did before. */
  letGo(tx: Tx, receipt: string, atMs: number): Promise<boolean>;
  /** Wants everything that waits to be replayed at once; answers how many wait, and does nothing where none does. Needs `spool.replay`. */
  wantReplay(tx: Tx, grant: Grant, atMs: number): Promise<number>;
  /** How often that was wanted. */
  replaysWanted(): Promise<number>;
  /** How many of a spool were entered, the last one's place, and the receipts of those that wait. */
  standing(spool: string): Promise<{ readonly entered: number; readonly last: number; readonly waiting: readonly string[] }>;
  /** One of the grant's own principal's; null where there is none. Needs `packet.upload`. */
  find(grant: Grant, receipt: string): Promise<SpooledStanding | null>;
  /** Those that wait and those that were refused before the others, newest first. Needs `workload.read`. */
  list(grant: Grant, limit: number): Promise<readonly SpooledStanding[]>;
}
