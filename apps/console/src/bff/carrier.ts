import type { IncomingMessage, ServerResponse } from "node:http";
import { SessionTokenOutput, UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { catalog, codeOf, type ErrorCode, SallyportError, toWireError } from "@sallyport/errors";
import type { Upstream, UpstreamAnswer, UpstreamPost } from "../api-upstream.ts";
import { readBounded } from "./bounded-body.ts";
import { judgeCarried, type Passage } from "./gate.ts";
import { NO_SESSION_COOKIE, readProviderCookie, readSessionCookie } from "./session-cookie.ts";
import { SessionPlaces } from "./session-places.ts";
import { takeSessionStep } from "./session-steps.ts";
import { type HeldToken, SessionVault } from "./session-vault.ts";

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
/** Watches of one session, and of all. */
const WATCHES = [8, 512] as const;
/** Parts of uploads of one session, and of all: each is held in memory while the api takes it. */
const PARTS = [4, 64] as const;
/** A large upload is read to its end before it is answered. */
const SLOW: Readonly<Record<string, number>> = { "packets.complete": 600_000, "submissions.prepare": 600_000, "submissions.seal": 600_000 };
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
  readonly #watches = new SessionPlaces(...WATCHES);
  readonly #parts = new SessionPlaces(...PARTS);

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
      const { kind } = verdict.passage;
      if (kind === "upload") {
        await this.#carryPart(verdict.passage, request, response);
        return;
      }
      const isStep = kind === "session";
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
      if (error instanceof OtherSession) {
        refuse(response, "session.other", 401);
        return;
      }
      const code = codeOf(error);
      if (code === "internal" || code.startsWith("connection.")) this.#options.onError?.(error);
      const isOver = code.startsWith("session.") || code === "token.revoked";
      refuse(response, code, catalog[code].status, isOver ? { "set-cookie": NO_SESSION_COOKIE } : {});
    }
  }

  /** The session of a request, with its token. @throws SallyportError `session.missing`, `session.other`, and as the api says it. */
  async #sessionOf(request: IncomingMessage): Promise<{ readonly secret: string; readonly held: HeldToken }> {
    const secret = readSessionCookie(request.headers.cookie);
    if (secret === null) throw new SallyportError("session.missing");
    const held = await this.#vault.tokenOf(secret);
    // A page that was made for one person never shows what another may see, even where both used this browser.
    if ((this.#options.bindsPages ?? true) && request.headers["sallyport-session"] !== held.facts.sessionId) throw new OtherSession();
    return { secret, held };
  }

  async #carry(passage: Passage, body: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { secret, held } = await this.#sessionOf(request);
    const key = request.headers["idempotency-key"];
    const isBackground = request.headers["sallyport-background"] === "1";
    const deadlineMs = SLOW[passage.path];
    const postWith = ({ token }: HeldToken): UpstreamPost => ({
      path: `/trpc/${passage.path}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(typeof key === "string" && IDEMPOTENCY_KEY.test(key) && { "idempotency-key": key }),
        ...(isBackground && { "sallyport-background": "1" }),
      },
      body,
      isRepeatable: true,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
    if (passage.kind === "watch") await this.#watch(secret, postWith(held), response);
    else await this.#call(secret, held, postWith, response);
  }

  /**
   * Carries one part of an upload. It is held here while it comes, so that a slow browser takes no place of the api's, and only for somebody
   * who is signed in; the api takes it once, however often it is sent.
   */
  async #carryPart({ path }: Passage, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { secret, held } = await this.#sessionOf(request);
    using place = this.#parts.take(secret);
    if (place === null) throw new SallyportError("service.limited");
    const body = await readBounded(request, UPLOAD_PART_BYTES, request.headers["content-length"]);
    const headers = { "content-type": "application/octet-stream" };
    const postWith = ({ token }: HeldToken): UpstreamPost => ({ path: `/upload/${path}`, headers: { ...headers, authorization: `Bearer ${token}` }, body, isRepeatable: true });
    await this.#call(secret, held, postWith, response);
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
    using place = this.#watches.take(secret);
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

/** The page is another session's than its browser's cookie: the session stands, and so does its cookie. */
class OtherSession extends Error {}

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
