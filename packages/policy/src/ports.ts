import type { Lock } from "./locks.ts";
import type { Emergency, LivePrincipal } from "./model.ts";

/** All that a decision rests on, read together. */
export interface PolicySnapshot {
  /** Grows with every change of anything below. */
  readonly epoch: bigint;
  /** The active version's canonical bytes, as stored, and the custodian's signed note over them; null before founding. */
  readonly active: { readonly canonical: string; readonly note: string } | null;
  readonly principals: readonly LivePrincipal[];
  /** jti of revoked tokens that have not expired. */
  readonly revokedTokens: readonly string[];
  /** Locks that haven't been lifted; one whose time is over may still be among them. */
  readonly locks: readonly Lock[];
  /** `study/site` of the sites that are closed. */
  readonly closedSites: readonly string[];
  /** Emergencies that haven't ended; one whose time is over may still be among them. */
  readonly emergencies: readonly Emergency[];
}

/** Port: policy, principals and assignments. */
export interface PolicyStore<Tx> {
  epoch(): Promise<bigint>;
  snapshot(): Promise<PolicySnapshot>;
  /** Stores and activates a signed version; used at founding here. */
  activate(tx: Tx, version: { readonly version: number; readonly canonical: string; readonly note: string }): Promise<void>;
  /** Registers a service principal with its assignments; the same again changes nothing. */
  registerPrincipal(tx: Tx, principal: Omit<LivePrincipal, "status" | "tokensFromS"> & { readonly name: string }): Promise<"registered" | "unchanged">;
  /** Suspends a principal: its tokens and certificate open nothing from the next snapshot on. */
  suspend(tx: Tx, principal: string): Promise<boolean>;
}

/** Port: outcomes of changes by idempotency key. */
export interface IdempotencyStore<Tx> {
  /** The kept outcome for this principal and key, or null; `digest` is compared by the caller. */
  find(principal: string, key: string): Promise<{ readonly procedure: string; readonly salt: string; readonly digest: string; readonly outcome: unknown } | null>;
  /** Claims the key inside the change's transaction; false where another transaction has it. */
  claim(
    tx: Tx,
    entry: { readonly principal: string; readonly key: string; readonly procedure: string; readonly salt: string; readonly digest: string; readonly outcome: unknown },
  ): Promise<boolean>;
}
