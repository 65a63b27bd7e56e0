import type { Pace } from "./retry.ts";

/** A token as it was received, and how long it lives from then on by the api's own clock. */
export interface IssuedToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

const EARLY_SHARE = 0.2;
const EARLY_MS_MAX = 60_000;

/**
 * Holds the token of one certificate and renews it before it expires.
 *
 * Callers that need a token at the same time share one request. A caller that gives up leaves the request to the others.
 */
export class TokenSource {
  readonly #issue: () => Promise<IssuedToken>;
  readonly #pace: Pick<Pace, "now">;
  #held: { readonly token: string; readonly renewAtMs: number } | null = null;
  #pending: Promise<string> | null = null;

  constructor(issue: () => Promise<IssuedToken>, pace: Pick<Pace, "now">) {
    this.#issue = issue;
    this.#pace = pace;
  }

  /** A token that isn't about to expire. Rejects with what the token request failed with, or the signal's reason. */
  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.#held !== null && this.#pace.now() < this.#held.renewAtMs) return this.#held.token;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = null;
    });
    return await unlessAborted(this.#pending, signal);
  }

  /** Forgets a token that the api refused, unless it was replaced already. */
  discard(token: string): void {
    if (this.#held?.token === token) this.#held = null;
  }

  async #renew(): Promise<string> {
    const { token, lifetimeMs } = await this.#issue();
    const earlyMs = Math.min(lifetimeMs * EARLY_SHARE, EARLY_MS_MAX);
    this.#held = { token, renewAtMs: this.#pace.now() + lifetimeMs - earlyMs };
    return token;
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
