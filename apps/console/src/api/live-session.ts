import type { SessionFacts } from "../bff/session-vault.ts";

/** Why a session is over for this page. `out`: the person signed out; `other`: another session took its place in this browser. */
export type EndReason = "idle" | "expired" | "ended" | "out" | "other" | "missing";

type Listener = () => void;

/**
 * The session that this page was made for: one for the whole page, outside of React, because calls need it wherever they are made. It knows
 * when the person was last active, and tells whoever listens when it is over.
 */
export class LiveSession {
  readonly #now: () => number;
  readonly #onEnd = new Set<(why: EndReason) => void>();
  readonly #onActivity = new Set<Listener>();
  #facts: SessionFacts | null = null;
  #activeAtMs = 0;
  #closing: EndReason | null = null;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get facts(): SessionFacts | null {
    return this.#facts;
  }

  /** When the session ends unless something is done; milliseconds since the epoch. */
  get idleAtMs(): number {
    return this.#activeAtMs + (this.#facts?.idleSeconds ?? 0) * 1000;
  }

  get activeAtMs(): number {
    return this.#activeAtMs;
  }

  begin(facts: SessionFacts): void {
    this.#facts = facts;
    this.#closing = null;
    this.#activeAtMs = this.#now();
  }

  /** This page is about to end the session: whatever notices that it is over while that is under way, this is why. */
  closing(why: EndReason): void {
    this.#closing = why;
  }

  /** Something was asked for by the person, here or in another tab. */
  noteActivity(atMs: number = this.#now()): void {
    if (this.#facts === null || atMs <= this.#activeAtMs) return;
    this.#activeAtMs = atMs;
    for (const tell of this.#onActivity) tell();
  }

  /** It is over, once: whoever asks later finds nobody. */
  end(why: EndReason): void {
    if (this.#facts === null) return;
    this.#facts = null;
    for (const tell of this.#onEnd) tell(this.#closing ?? why);
  }

  onEnd(listener: (why: EndReason) => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  onActivity(listener: Listener): () => void {
    this.#onActivity.add(listener);
    return () => this.#onActivity.delete(listener);
  }
}

/** This page's. */
export const liveSession = new LiveSession();
