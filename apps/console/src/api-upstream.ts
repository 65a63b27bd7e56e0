import { codeOf, SallyportError } from "@sallyport/errors";
import { clientOptions, type IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { Agent, request } from "undici";
import { readBounded } from "./bff/bounded-body.ts";
import { type DoorReport, noReport, readHealth } from "./status/door-report.ts";

const HEALTH_DEADLINE_MS = 2000;
const HEALTH_BYTES_MAX = 16 * 1024;
/** A change waits for its checkpoint before it is answered. */
const CALL_DEADLINE_MS = 30_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** A watch sends heartbeats; one that is silent for so long is over. */
const WATCH_SILENCE_MS = 45_000;
const CONNECTIONS = 32;

/** Where the api is and as whom the console calls it. */
export interface ApiUpstreamOptions {
  readonly url: URL;
  readonly trustDomain: string;
  readonly identity: IdentityFolder;
}

/** One POST to the api. */
export interface UpstreamPost {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** Whether sending it twice is harmless, so that a connection that ended under it costs nothing. */
  readonly isRepeatable: boolean;
  /** Milliseconds for the answer; 30 s if absent. */
  readonly deadlineMs?: number;
}

/** What the api answered, whole. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** What the api answers bit by bit. */
export interface UpstreamStream {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The hop to the api, as the carrier uses it. */
export interface Upstream {
  post(post: UpstreamPost): Promise<UpstreamAnswer>;
  stream(post: UpstreamPost, signal: AbortSignal): Promise<UpstreamStream>;
}

/**
 * The console's one way out: kept-alive mTLS 1.3 connections to the api, which must prove its SPIFFE ID. When the console's certificate is
 * renewed, new requests go over new connections, and those in flight end on the old ones.
 */
export class ApiUpstream implements Upstream {
  readonly #options: ApiUpstreamOptions;
  readonly #stopWatching: () => void;
  #agent: Agent;

  constructor(options: ApiUpstreamOptions) {
    this.#options = options;
    this.#agent = this.#newAgent();
    this.#stopWatching = options.identity.onChange(() => {
      const old = this.#agent;
      this.#agent = this.#newAgent();
      void old.close().catch(() => undefined);
    });
  }

  /** Asks the api how it is, within two seconds. It never rejects: having no answer is an answer. */
  async health(): Promise<DoorReport> {
    const signal = AbortSignal.timeout(HEALTH_DEADLINE_MS);
    try {
      const answer = await this.#twice(signal, async () => await request(new URL("/health", this.#options.url), { dispatcher: this.#agent, signal }));
      return readHealth(answer.statusCode, (await readBounded(answer.body as AsyncIterable<Buffer>, HEALTH_BYTES_MAX)).toString("utf8"));
    } catch (error) {
      return noReport(sourceOf(error));
    }
  }

  /**
   * Sends one request and answers what came back, whatever its status.
   * @throws SallyportError `connection.refused` where nothing was sent, `connection.untrusted` where it isn't the api that answers, and
   * `connection.lost` where it is unknown what became of it.
   */
  async post(post: UpstreamPost): Promise<UpstreamAnswer> {
    const deadlineMs = post.deadlineMs ?? CALL_DEADLINE_MS;
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await this.#send(post, signal, deadlineMs);
      return { status: answer.status, body: await readBounded(answer.body, ANSWER_BYTES_MAX) };
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Opens a watch; it ends when the signal says so, or when nothing was heard for 45 s. @throws as {@link post} does. */
  async stream(post: UpstreamPost, signal: AbortSignal): Promise<UpstreamStream> {
    try {
      return await this.#send(post, signal, WATCH_SILENCE_MS);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Closes the connections; requests in flight have a second to end. */
  async close(): Promise<void> {
    this.#stopWatching();
    const cut = setTimeout(() => void this.#agent.destroy().catch(() => undefined), 1000);
    await this.#agent.close().catch(() => undefined);
    clearTimeout(cut);
  }

  async #send({ path, headers, body, isRepeatable, deadlineMs = CALL_DEADLINE_MS }: UpstreamPost, signal: AbortSignal, bodyTimeout: number): Promise<UpstreamStream> {
    const once = async () =>
      await request(new URL(path, this.#options.url), {
        method: "POST",
        dispatcher: this.#agent,
        signal,
        headersTimeout: deadlineMs,
        bodyTimeout,
        headers: { accept: "application/json", "content-type": "application/json", ...headers },
        body,
      });
    const answer = isRepeatable ? await this.#twice(signal, once) : await once();
    return { status: answer.statusCode, body: answer.body as AsyncIterable<Buffer> };
  }

  /** The api ends connections at a certain age; a request that met that end is sent once more, on a new one. */
  async #twice<Answer>(signal: AbortSignal, send: () => Promise<Answer>): Promise<Answer> {
    try {
      return await send();
    } catch (error) {
      if (!isLostSocket(error) || signal.aborted) throw error;
      return await send();
    }
  }

  #newAgent(): Agent {
    const { identity, trustDomain } = this.#options;
    return new Agent({
      connections: CONNECTIONS,
      keepAliveTimeout: 30_000,
      headersTimeout: CALL_DEADLINE_MS,
      bodyTimeout: CALL_DEADLINE_MS,
      connect: { ...clientOptions(identity.current(), processId(trustDomain, "api")), timeout: HEALTH_DEADLINE_MS },
    });
  }
}

const codeAt = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Whether the connection ended under the request. Under TLS 1.3 that is also how a refused certificate shows. */
const isLostSocket = (error: unknown): boolean => ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeAt(error));

function sourceOf(error: unknown): "unreachable" | "refused" | "untrusted" | "unreadable" {
  if (codeOf(error) === "input.too_large") return "unreadable";
  if (error instanceof SallyportError) return "untrusted";
  const code = codeAt(error);
  if (/^ERR_SSL_TLSV1\w*_ALERT|^ERR_SSL_SSL\w*_ALERT/.test(code) || isLostSocket(error)) return "refused";
  if (/^ERR_SSL|^ERR_TLS|CERT|VERIFY|SIGNATURE/.test(code)) return "untrusted";
  return "unreachable";
}

const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

function failureOf(error: unknown): SallyportError {
  if (sourceOf(error) === "untrusted") return new SallyportError("connection.untrusted", {}, error);
  return new SallyportError(NOT_SENT.has(codeAt(error)) ? "connection.refused" : "connection.lost", {}, error);
}
