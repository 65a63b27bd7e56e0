import type { RandomBytes } from "@sallyport/crypto";
import type { LockoutRule, PasswordHasher, PeopleStores } from "@sallyport/people";
import type { PolicyDesk } from "../policy-desk.ts";
import type { EvidencePort } from "../evidence-port.ts";
import type { KnockCounter, Peer, Trail } from "../ports.ts";
import type { LaterRecords } from "./later-records.ts";
import type { PeopleKey } from "./people-key.ts";
import type { Credentials, IdentityProvider, PasskeyCeremonies, TokenMint } from "./ports.ts";
import type { SessionDesk, SessionLimits } from "./session-desk.ts";

/** All that signing in, enrolling and stepping up stand on. */
export interface PeopleDeps<Tx> {
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly stores: PeopleStores<Tx>;
  readonly key: PeopleKey;
  readonly hasher: PasswordHasher;
  readonly passkeys: PasskeyCeremonies;
  readonly credentials: Credentials;
  /** Null where there is none. */
  readonly provider: IdentityProvider | null;
  readonly mint: TokenMint;
  readonly policy: PolicyDesk;
  readonly sessions: SessionDesk;
  readonly trail: Trail<Tx>;
  /** A transaction without a record: for what is counted or used up, and is on record by the act that it belongs to. */
  readonly transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly later: LaterRecords;
  readonly evidence: EvidencePort;
  readonly knocks: KnockCounter;
  readonly lockout: LockoutRule;
  readonly limits: SessionLimits;
}

/** Who asks for somebody: the workload as TLS proved it, and the request. */
export interface Asking {
  readonly peer: Peer;
  readonly requestId: string;
}

/** A new secret of 32 random bytes, base64url: what a browser or terminal keeps, of which the store has the hash. */
export const newSecret = (random: RandomBytes): string => random(32).toString("base64url");

/** How long a challenge waits for its answer. */
export const CEREMONY_MS = 5 * 60_000;
