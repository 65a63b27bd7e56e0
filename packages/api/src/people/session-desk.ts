import { type ErrorCode, SallyportError } from "@sallyport/errors";
import type { Session, SessionEnd, SessionSnapshot, SessionState, SessionStore } from "@sallyport/people";
import { EpochPoll } from "../epoch-poll.ts";

/** How long a session is good for. */
export interface SessionLimits {
  /** Without activity. */
  readonly idleMs: number;
  /** At all. */
  readonly lifetimeMs: number;
}

/** DESIGN §4: idle logoff after 15 minutes, and never longer than 12 hours. */
export const SESSION_LIMITS: SessionLimits = { idleMs: 15 * 60_000, lifetimeMs: 12 * 3_600_000 };

/** Port: whether a person's token stands for a session that is live now. */
export interface SessionGate {
  /**
   * The live session of a token. Notes its activity, but for what a page does by itself (`isBackground`).
   * Throws `session.idle`, `session.expired`, `session.ended`, or `policy.unavailable` where that can't be known.
   */
  require(jti: string, isBackground: boolean): Promise<Session>;
}

/** An ended session is remembered for longer than any of its tokens lives, so that it can be said how it ended. */
const REMEMBER_MS = 20 * 60_000;

interface Kept {
  readonly session: SessionState;
  seenMs: number;
  isUnwritten: boolean;
}

/**
 * Keeps the sessions that this node's tokens may name, at most a second old, as {@link PolicyDesk} keeps the policy.
 *
 * It polls an epoch that moves when a session begins or ends. Activity is noted in memory and written every few seconds; before a session
 * is called idle, the store is asked whether another node has seen it since. A token that was minted by another node is looked up once.
 */
export class SessionDesk implements SessionGate {
  readonly #store: Pick<SessionStore<never>, "epoch" | "snapshot" | "byToken" | "seen">;
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #poll: EpochPoll<SessionSnapshot>;
  #kept = new Map<string, Kept>();
  #byToken = new Map<string, string>();

  constructor(
    store: Pick<SessionStore<never>, "epoch" | "snapshot" | "byToken" | "seen">,
    options: { readonly now: () => number; readonly idleMs?: number; readonly staleMs?: number },
  ) {
    this.#store = store;
    this.#now = options.now;
    this.#idleMs = options.idleMs ?? SESSION_LIMITS.idleMs;
    const source = { epoch: () => store.epoch(), snapshot: () => store.snapshot(options.now() - REMEMBER_MS) };
    // What is kept grows stale by itself; a store that answers nonsense is asked for everything again.
    this.#poll = new EpochPoll<SessionSnapshot>(source, { take: ({ sessions }) => this.#take(sessions), lose: () => undefined }, options);
  }

  /** Reads the store once if its epoch moved. Called a few times a second by the process, and after a session began or ended here; never throws. */
  refresh(): Promise<void> {
    return this.#poll.refresh();
  }

  async require(jti: string, isBackground: boolean): Promise<Session> {
    this.#poll.assertFresh();
    const kept = this.#find(jti) ?? (await this.#lookUp(jti));
    if (kept === undefined) throw new SallyportError("session.ended");
    const { session } = kept;
    if (session.ended !== null) throw new SallyportError(endCode(session.ended));
    if (this.#now() >= session.endsMs) throw new SallyportError("session.expired");
    if (this.#isIdle(kept)) {
      const stored = await this.#lookUp(jti);
      if (stored === undefined || this.#isIdle(stored)) throw new SallyportError("session.idle");
    }
    const current = this.#find(jti) ?? kept;
    if (!isBackground) this.#see(current);
    return { ...session, lastSeenMs: current.seenMs };
  }

  /** Whether a session that was read from the store is idle, by that and by what this node has seen since. */
  isIdle({ id, lastSeenMs }: Pick<Session, "id" | "lastSeenMs">): boolean {
    return this.#now() - Math.max(lastSeenMs, this.#kept.get(id)?.seenMs ?? 0) >= this.#idleMs;
  }

  /** Writes what was seen since the last time. What can't be written now is written next time. */
  async flush(): Promise<void> {
    const unwritten = [...this.#kept.values()].filter(({ isUnwritten }) => isUnwritten);
    if (unwritten.length === 0) return;
    for (const kept of unwritten) kept.isUnwritten = false;
    try {
      await this.#store.seen(unwritten.map(({ session, seenMs }) => ({ id: session.id, atMs: seenMs })));
    } catch {
      for (const kept of unwritten) kept.isUnwritten = true;
    }
  }

  #take(sessions: readonly SessionState[]): void {
    const before = this.#kept;
    this.#kept = new Map();
    this.#byToken = new Map();
    for (const session of sessions) this.#keep(session, before.get(session.id));
  }

  #keep(session: SessionState, known: Kept | undefined): Kept {
    // What ended has ended: a read that began before may end after the one that saw it.
    const ended = session.ended ?? known?.session.ended ?? null;
    const kept = { session: { ...session, ended }, seenMs: Math.max(session.lastSeenMs, known?.seenMs ?? 0), isUnwritten: known?.isUnwritten ?? false };
    this.#kept.set(session.id, kept);
    for (const jti of session.tokens) this.#byToken.set(jti, session.id);
    return kept;
  }

  #find(jti: string): Kept | undefined {
    const id = this.#byToken.get(jti);
    return id === undefined ? undefined : this.#kept.get(id);
  }

  async #lookUp(jti: string): Promise<Kept | undefined> {
    const session = await this.#store.byToken(jti);
    return session === null ? undefined : this.#keep(session, this.#kept.get(session.id));
  }

  #isIdle({ seenMs }: Kept): boolean {
    return this.#now() - seenMs >= this.#idleMs;
  }

  #see(kept: Kept): void {
    kept.seenMs = Math.max(kept.seenMs, this.#now());
    kept.isUnwritten = true;
  }
}

/** What a caller is told of a session that has ended. */
export function endCode(why: SessionEnd): Extract<ErrorCode, `session.${string}`> {
  if (why === "idle") return "session.idle";
  return why === "expired" ? "session.expired" : "session.ended";
}
