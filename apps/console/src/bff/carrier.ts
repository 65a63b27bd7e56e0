import type { IncomingMessage, ServerResponse } from "node:http";
import { SessionTokenOutput } from "@sallyport/contracts";
import { catalog, codeOf, type ErrorCode, SallyportError, toWireError } from "@sallyport/errors";
import type { Upstream, UpstreamAnswer, UpstreamPost } from "../api-upstream.ts";
import { readBounded } from "./bounded-body.ts";
import { judgeCarried, type Passage } from "./gate.ts";
import { NO_SESSION_COOKIE, readProviderCookie, readSessionCookie } from "./session-cookie.ts";
import { takeSessionStep } from "./session-steps.ts";
import { type HeldToken, SessionVault } from "./session-vault.ts";
import { WatchPlaces } from "./watch-places.ts";

export interface CarrierOptions {
  readonly upstream: Upstream;
  readonly isTls: boolean;
  readonly now?: () => number;
  readonly onError?: (error: unknown) => void;
  /** The rules of {@link judgeCarried}, but for tests that switch a defence off. */
  readonly judge?: typeof judgeCarried;
  /** Whether a call must name the session that its page was made for; off in tests alone. */
  readonly bindsPages?: boolean;
}

const BODY_BYTES_MAX = 256 * 1024;
const SESSION_BODY_BYTES_MAX = 32 * 1024;
const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{16,64}$/;
/** Refusals of a token that a new token may cure; nothing was done yet when they are given. */
const CURABLE: ReadonlySet<string> = new Set(["token.time", "token.key", "token.binding", "token.signature"]);

/**
 * Carries what a page asks for to the api, with the token of its session. It decides nothing: it holds the door to other sites, keeps the
 * session's secret from script and the token from the browser, and passes the api's answer on as it is.
 */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #judge: typeof judgeCarried;
  readonly #vault: SessionVault;
  readonly #places = new WatchPlaces();

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#judge = options.judge ?? judgeCarried;
    this.#vault = new SessionVault({ now: options.now ?? Date.now, renew: (session) => this.#renew(session) });
  }

  /** Answers a request for which `isCarried` holds and whose host is ours. It never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const verdict = this.#judge({ url: request.url ?? "", headers: request.headers, rawHeaders: request.rawHeaders }, this.#options.isTls);
      if (!verdict.pass) {
        refuse(response, verdict.code, verdict.status);
        return;
      }
      const isStep = verdict.passage.kind === "session";
      const body = await readBounded(request, isStep ? SESSION_BODY_BYTES_MAX : BODY_BYTES_MAX, request.headers["content-length"]);
      if (isStep) {
        const answer = await takeSessionStep({
          step: verdict.passage.path,
          body,
          secret: readSessionCookie(request.headers.cookie),
          browser: readProviderCookie(request.headers.cookie),
          upstream: this.#options.upstream,
          vault: this.#vault,
        });
        respond(response, answer.status, answer.body, answer.cookie === null ? {} : { "set-cookie": answer.cookie });
      } else await this.#carry(verdict.passage, body, request, response);
    } catch (error) {
      const code = codeOf(error);
      if (code === "internal" || code.startsWith("connection.")) this.#options.onError?.(error);
      const isOver = code.startsWith("session.") || code === "token.revoked";
      refuse(response, code, catalog[code].status, isOver ? { "set-cookie": NO_SESSION_COOKIE } : {});
    }
  }

  async #carry(passage: Passage, body: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const secret = readSessionCookie(request.headers.cookie);
    if (secret === null) throw new SallyportError("session.missing");
    const held = await this.#vault.tokenOf(secret);
    // A page that was made for one person never shows what another may see, even where both used this browser.
    if ((this.#options.bindsPages ?? true) && request.headers["sallyport-session"] !== held.facts.sessionId) {
      refuse(response, "session.other", 401);
      return;
    }
    const key = request.headers["idempotency-key"];
    const isBackground = request.headers["sallyport-background"] === "1";
    const postWith = ({ token }: HeldToken): UpstreamPost => ({
      path: `/trpc/${passage.path}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(typeof key === "string" && IDEMPOTENCY_KEY.test(key) && { "idempotency-key": key }),
        ...(isBackground && { "sallyport-background": "1" }),
      },
      body,
      isRepeatable: true,
    });
    if (passage.kind === "watch") await this.#watch(secret, postWith(held), response);
    else await this.#call(secret, held, postWith, response);
  }

  async #call(secret: string, held: HeldToken, postWith: (held: HeldToken) => UpstreamPost, response: ServerResponse): Promise<void> {
    let answer = await this.#options.upstream.post(postWith(held));
    if (answer.status === 401 && CURABLE.has(codeIn(answer.body))) {
      this.#vault.discard(secret, held.token);
      answer = await this.#options.upstream.post(postWith(await this.#vault.tokenOf(secret)));
    }
    respond(response, answer.status, answer.body, this.#isOver(secret, answer) ? { "set-cookie": NO_SESSION_COOKIE } : {});
  }

  async #watch(secret: string, post: UpstreamPost, response: ServerResponse): Promise<void> {
    using place = this.#places.take(secret);
    if (place === null) throw new SallyportError("service.limited");
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const answer = await this.#options.upstream.stream(post, gone.signal);
    if (answer.status !== 200) {
      const body = await readBounded(answer.body, SESSION_BODY_BYTES_MAX);
      respond(response, answer.status, body, this.#isOver(secret, { status: answer.status, body }) ? { "set-cookie": NO_SESSION_COOKIE } : {});
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson", "x-accel-buffering": "no" });
    response.flushHeaders();
    try {
      for await (const chunk of answer.body) {
        if (!response.write(chunk)) await drained(response);
      }
    } catch {
      // The page learns that it ended; where it is the page that went, nobody is there to learn it.
      response.write(`\n${JSON.stringify({ error: toWireError("connection.lost", "") })}\n`);
    }
    response.end();
  }

  /** Whether the api said that the session is over; then nothing of it is kept here. */
  #isOver(secret: string, { status, body }: UpstreamAnswer): boolean {
    const code = status === 401 ? codeIn(body) : "";
    const isOver = code.startsWith("session.") || code === "token.revoked";
    if (isOver) this.#vault.forget(secret);
    return isOver;
  }

  async #renew(session: string): Promise<SessionTokenOutput> {
    const answer = await this.#options.upstream.post({ path: "/session/token", headers: {}, body: JSON.stringify({ session }), isRepeatable: true });
    if (answer.status !== 200) throw new SallyportError(catalogued(codeIn(answer.body)));
    return SessionTokenOutput.parse(JSON.parse(answer.body.toString("utf8")));
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });

/** The code of a body that should be a WireError; empty where it isn't. */
function codeIn(body: Buffer): string {
  try {
    const { code } = JSON.parse(body.toString("utf8")) as { code?: unknown };
    return typeof code === "string" ? code : "";
  } catch {
    return "";
  }
}

const catalogued = (code: string): ErrorCode => (Object.hasOwn(catalog, code) ? (code as ErrorCode) : "service.unavailable");

function respond(response: ServerResponse, status: number, body: Buffer | string, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

/** A body that wasn't read is not waited for: the connection ends with the answer. */
function refuse(response: ServerResponse, code: ErrorCode, status: number, headers: Readonly<Record<string, string>> = {}): void {
  respond(response, status, JSON.stringify(toWireError(code, "")), { connection: "close", ...headers });
}
