import { failureOf, SallyportClientError } from "./client-error.ts";
import { type Credentials, readCredentials, stampOf } from "./credentials.ts";
import type { Target } from "./profile.ts";
import { DEADLINE_MS, type Pace } from "./retry.ts";
import { type IssuedToken, TokenSource } from "./token-source.ts";
import { Transport } from "./transport.ts";

const LOOK_EVERY_MS = 2_000;

/** The connections and the token of one certificate: a token is bound to the certificate that it was issued to. */
export interface Session {
  readonly transport: Transport;
  readonly tokens: TokenSource;
}

/** What tokens are asked for with: the certificate alone, or a person's session beside it. */
export interface TokenAsk {
  /** Actions, separated by spaces; all that the workload's roles allow if absent. */
  readonly scope?: string | undefined;
  /** The secret of a person's session: then the tokens are theirs. */
  readonly session?: string | undefined;
}

/** Holds the session of the newest certificate, and follows the files when they are renewed. */
export class SessionKeeper {
  readonly #target: Target;
  readonly #asks: TokenAsk;
  readonly #pace: Pace;
  #credentials: Credentials;
  #stamp: string;
  #lookedAtMs: number;
  #session: Session;
  #isClosed = false;

  /** @throws SallyportClientError `secret.missing` or `secret.exposed`, as {@link readCredentials}. */
  constructor(target: Target, asks: TokenAsk, pace: Pace) {
    this.#target = target;
    this.#asks = asks;
    this.#pace = pace;
    this.#stamp = stampOf(target.paths);
    this.#credentials = readCredentials(target.paths);
    this.#lookedAtMs = pace.now();
    this.#session = this.#open(this.#credentials);
  }

  /**
   * The session to send with now.
   * @throws SallyportClientError `workload.revoked` where the certificate has expired and no newer one is there.
   */
  current(): Session {
    if (this.#isClosed) throw new TypeError("the connection is closed");
    if (this.#pace.now() - this.#lookedAtMs >= LOOK_EVERY_MS) this.look();
    if (this.#credentials.notAfterMs <= Date.now()) throw new SallyportClientError("workload.revoked", { where: [this.#target.paths.cert] });
    return this.#session;
  }

  /** Looks for renewed files now. Files that can't be used, as in the middle of a renewal, leave the session as it is. */
  look(): void {
    this.#lookedAtMs = this.#pace.now();
    const stamp = stampOf(this.#target.paths);
    if (stamp === this.#stamp) return;
    const credentials = usableOrNull(() => readCredentials(this.#target.paths));
    if (credentials === null) return;
    this.#stamp = stamp;
    this.#credentials = credentials;
    const retired = this.#session;
    this.#session = this.#open(credentials);
    // What is under way ends on the old connections; nobody waits for that.
    void retired.transport.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#session.transport.close();
  }

  #open(credentials: Credentials): Session {
    const transport = new Transport(this.#target.api, this.#target.trustDomain, credentials.identity);
    return { transport, tokens: new TokenSource(() => this.#issueToken(transport), this.#pace) };
  }

  /** Sends once: whoever waits for the token sends again by its own rules, and shares the next request too. */
  async #issueToken(transport: Transport): Promise<IssuedToken> {
    const { scope, session } = this.#asks;
    const [path, asked] = session === undefined ? ["/token", { ...(scope !== undefined && { scope }) }] : ["/session/token", { session }];
    const answer = await transport.send({ method: "POST", path, body: JSON.stringify(asked), isAlone: false }, AbortSignal.timeout(DEADLINE_MS));
    if (answer.status !== 200) throw failureOf(answer.status, answer.body);
    return issuedToken(answer.body, answer.serverTimeMs ?? Date.now());
  }
}

function usableOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The lifetime is by the api's clock, so a wrong clock on this side doesn't matter. */
function issuedToken(body: string, serverTimeMs: number): IssuedToken {
  const answer: unknown = parsed(body);
  if (typeof answer === "object" && answer !== null && "token" in answer && "expiresAt" in answer) {
    const { token, expiresAt } = answer;
    const expiresAtMs = typeof expiresAt === "string" ? Date.parse(expiresAt) : Number.NaN;
    if (typeof token === "string" && Number.isFinite(expiresAtMs)) return { token, lifetimeMs: expiresAtMs - serverTimeMs };
  }
  throw new SallyportClientError("internal");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
