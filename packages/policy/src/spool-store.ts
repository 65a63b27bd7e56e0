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
  readonly state: "waiting" | "replayed" | "refused";
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly settledMs: number | null;
}

/** Port: what callers handed over while the boundary couldn't serve. Nothing of what was sent; none is ever removed. */
export interface SpoolStore<Tx> {
  /** Enters one; false where it is there. */
  enter(tx: Tx, row: SpooledRow): Promise<boolean>;
  /** Settles one, once; false where it was settled before. */
  settle(tx: Tx, receipt: string, end: SpooledEnd, atMs: number): Promise<boolean>;
  /** How many of a spool were entered, the last one's place, and the receipts of those that wait. */
  standing(spool: string): Promise<{ readonly entered: number; readonly last: number; readonly waiting: readonly string[] }>;
  /** One of the grant's own principal's; null where there is none. Needs `packet.upload`. */
  find(grant: Grant, receipt: string): Promise<SpooledStanding | null>;
  /** Those that wait and those that were refused before the others, newest first. Needs `workload.read`. */
  list(grant: Grant, limit: number): Promise<readonly SpooledStanding[]>;
}
