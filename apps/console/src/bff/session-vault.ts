import type { SessionTokenOutput } from "@sallyport/contracts";

/** A session's facts as the browser may know them: everything but the secret and the token. */
export type SessionFacts = Omit<SessionTokenOutput, "token" | "expiresAt">;

/** A session's token, and the facts that came with it. */
export interface HeldToken {
  readonly token: string;
  readonly expiresAtMs: number;
  readonly facts: SessionFacts;
}

export interface SessionVaultOptions {
  /** Asks the api for a token of this session. */
  readonly renew: (secret: string) => Promise<SessionTokenOutput>;
  readonly now: () => number;
  /** Sessions held at once; the one that was used longest ago gives way, and costs a renewal. */
  readonly sizeMax?: number;
}

/** A token with less than this left is renewed before it is used. */
const MARGIN_MS = 60_000;

/** Keeps, in memory alone, each session's token, and renews it once for any number of calls that wait for it. */
export class SessionVault {
  readonly #options: SessionVaultOptions;
  readonly #sizeMax: number;
  readonly #held = new Map<string, HeldToken>();
  readonly #pending = new Map<string, Promise<HeldToken>>();

  constructor(options: SessionVaultOptions) {
    this.#options = options;
    this.#sizeMax = options.sizeMax ?? 10_000;
  }

  /** Takes the token that came with a sign-in. */
  adopt(secret: string, { token, expiresAt, ...facts }: SessionTokenOutput): HeldToken {
    const held = { token, expiresAtMs: Date.parse(expiresAt), facts };
    this.#held.delete(secret);
    this.#held.set(secret, held);
    if (this.#held.size > this.#sizeMax) for (const [oldest] of this.#held) if (this.#held.size > this.#sizeMax) this.#held.delete(oldest);
    return held;
  }

  /** A token that is good for a minute yet. @throws what `renew` throws. */
  async tokenOf(secret: string): Promise<HeldToken> {
    const held = this.#held.get(secret);
    if (held === undefined || held.expiresAtMs - this.#options.now() < MARGIN_MS) return await this.renewed(secret);
    this.#held.delete(secret);
    this.#held.set(secret, held);
    return held;
  }

  /** A new token, whatever is held; whoever asks while one is on its way waits for that one. */
  renewed(secret: string): Promise<HeldToken> {
    const pending = this.#pending.get(secret);
    if (pending !== undefined) return pending;
    const asked: Promise<HeldToken> = this.#options
      .renew(secret)
      // A session that was forgotten meanwhile is not kept again.
      .then((output) => (this.#pending.get(secret) === asked ? this.adopt(secret, output) : this.#unkept(output)))
      .finally(() => {
        if (this.#pending.get(secret) === asked) this.#pending.delete(secret);
      });
    this.#pending.set(secret, asked);
    return asked;
  }

  /** Gives up a token that the api refused, unless a newer one took its place. */
  discard(secret: string, token: string): void {
    if (this.#held.get(secret)?.token === token) this.#held.delete(secret);
  }

  /** Forgets the session altogether. */
  forget(secret: string): void {
    this.#held.delete(secret);
    this.#pending.delete(secret);
  }

  #unkept({ token, expiresAt, ...facts }: SessionTokenOutput): HeldToken {
    return { token, expiresAtMs: Date.parse(expiresAt), facts };
  }
}
