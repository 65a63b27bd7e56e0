import { SallyportError } from "@sallyport/errors";
import {
  type CompiledPolicy,
  firstEnd,
  isLocking,
  type LivePrincipal,
  type Lock,
  lockedTokens,
  type PolicySnapshot,
  readPolicy,
  underLocks,
  withClosed,
  withEmergencies,
} from "@sallyport/policy";
import { EpochPoll, type EpochSource } from "./epoch-poll.ts";

/** All that decisions rest on, as of one epoch. */
export interface PolicyState {
  readonly compiled: CompiledPolicy;
  /** `v<version>:<first 16 hex of the digest>`, as records name it. */
  readonly tag: string;
  readonly principals: ReadonlyMap<string, LivePrincipal>;
  /** The same without what locks, closed sites and emergencies make of them: for what is asked about another time, or about rights that a lock only hides. */
  readonly registered: ReadonlyMap<string, LivePrincipal>;
  /** Services alone: a person is never found by a workload. */
  readonly byWorkload: ReadonlyMap<string, LivePrincipal>;
  readonly revokedTokens: ReadonlySet<string>;
  /** Those that hold. */
  readonly locks: readonly Lock[];
}

export type PolicySource = EpochSource<PolicySnapshot>;

/** Between two looks at a policy that can't be decided on. */
const AGAIN_MS = 1000;

/** Port: whether the custodian's signed note is over exactly these canonical bytes. */
export type NoteCheck = (note: string, canonical: string) => boolean;

/**
 * Keeps the policy, principals and assignments of this node as they stand in the store, at most a second old: a node that couldn't read
 * for a second decides nothing, `policy.unavailable`. An active version whose signature doesn't verify denies everything: `policy.unsigned`. Whether it does
 * is asked again each second: it may be by a key that this node hasn't heard of yet.
 */
export class PolicyDesk {
  readonly #poll: EpochPoll<PolicySnapshot>;
  readonly #isSigned: NoteCheck;
  readonly #now: () => number;
  #state: PolicyState | SallyportError = new SallyportError("policy.unavailable");
  /** The policy that was read last; the same bytes are the same policy. */
  #compiled: CompiledPolicy | null = null;
  /** What the state was made from, and until when it stands by itself: until a lock in it ends, if one does. */
  #made: { readonly snapshot: PolicySnapshot; readonly untilMs: number } | null = null;

  constructor(source: PolicySource, isSigned: NoteCheck, options: { readonly now: () => number; readonly staleMs?: number }) {
    this.#isSigned = isSigned;
    this.#now = options.now;
    const lose = (error: unknown): void => {
      this.#state = new SallyportError("policy.unavailable", {}, error);
      this.#made = null;
    };
    this.#poll = new EpochPoll(source, { take: (snapshot) => this.#take(snapshot), lose }, options);
  }

  /** Reads the store once if its epoch moved. Called a few times a second by the process; never throws. */
  refresh(): Promise<void> {
    return this.#poll.refresh();
  }

  /** What to decide on now. Throws `policy.unavailable` or `policy.unsigned`. */
  current(): PolicyState {
    this.#poll.assertFresh();
    if (this.#made !== null && this.#now() >= this.#made.untilMs) this.#take(this.#made.snapshot);
    if (this.#state instanceof SallyportError) throw this.#state;
    return this.#state;
  }

  /** Judges what was read last once more: other keys count from now on. Never throws. */
  judgeAnew(): void {
    if (this.#made !== null) this.#take(this.#made.snapshot);
  }

  #take(snapshot: PolicySnapshot): void {
    const nowMs = this.#now();
    this.#state = this.#judge(snapshot, nowMs);
    const untilMs = this.#state instanceof SallyportError ? nowMs + AGAIN_MS : (firstEnd(snapshot.locks, nowMs) ?? Number.POSITIVE_INFINITY);
    this.#made = { snapshot, untilMs };
  }

  #judge(snapshot: PolicySnapshot, nowMs: number): PolicyState | SallyportError {
    if (snapshot.active === null) return new SallyportError("policy.unsigned");
    const { canonical, note } = snapshot.active;
    if (!this.#isSigned(note, canonical)) return new SallyportError("policy.unsigned");
    // Of a large policy that takes a third of a second, and people's assignments change far more often than it.
    if (this.#compiled?.canonical !== canonical) this.#compiled = null;
    const compiled = this.#compiled ?? compiledFrom(canonical);
    if (compiled instanceof SallyportError) return compiled;
    this.#compiled = compiled;
    const principals = withEmergencies(withClosed(underLocks(snapshot.principals, snapshot.locks, nowMs), snapshot.closedSites), snapshot.emergencies);
    return {
      compiled,
      tag: compiled.label,
      principals: new Map(principals.map((principal) => [principal.id, principal])),
      registered: new Map(snapshot.principals.map((principal) => [principal.id, principal])),
      byWorkload: new Map(principals.flatMap((principal) => (principal.workload === null ? [] : [[principal.workload, principal] as const]))),
      revokedTokens: new Set([...snapshot.revokedTokens, ...lockedTokens(snapshot.locks, nowMs)]),
      locks: snapshot.locks.filter((lock) => isLocking(lock, nowMs)),
    };
  }
}

/** What was signed and isn't a policy to this version is as good as unread. */
function compiledFrom(canonical: string): CompiledPolicy | SallyportError {
  try {
    return readPolicy(canonical);
  } catch (error) {
    return new SallyportError("policy.unavailable", {}, error);
  }
}
