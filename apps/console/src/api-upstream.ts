import { codeOf, SallyportError } from "@sallyport/errors";
import { clientOptions, type IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { Agent, request } from "undici";
import { type DoorReport, noReport, readHealth } from "./status/door-report.ts";

const DEADLINE_MS = 2000;
const BODY_BYTES_MAX = 16 * 1024;
/** The status desk has one request in flight at most; the second connection takes over while the first is still being read out. */
const CONNECTIONS = 2;

/** Where the api is and as whom the console calls it. */
export interface ApiUpstreamOptions {
  readonly url: URL;
  readonly trustDomain: string;
  readonly identity: IdentityFolder;
}

/**
 * The console's one way out: kept-alive mTLS 1.3 connections to the api, which must prove its SPIFFE ID. When the console's certificate is
 * renewed, new requests go over new connections, and those in flight end on the old ones.
 */
export class ApiUpstream {
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
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      return await this.#ask(signal);
    } catch (error) {
      // The api ends connections at a certain age; a request that met that end is asked once more, on a new one.
      if (!isLostSocket(error) || signal.aborted) return noReport(sourceOf(error));
    }
    try {
      return await this.#ask(signal);
    } catch (error) {
      return noReport(sourceOf(error));
    }
  }

  /** Closes the connections; requests in flight have a second to end. */
  async close(): Promise<void> {
    this.#stopWatching();
    const cut = setTimeout(() => void this.#agent.destroy().catch(() => undefined), 1000);
    await this.#agent.close().catch(() => undefined);
    clearTimeout(cut);
  }

  async #ask(signal: AbortSignal): Promise<DoorReport> {
    const answer = await request(new URL("/health", this.#options.url), { dispatcher: this.#agent, signal, headers: { accept: "application/json" } });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > BODY_BYTES_MAX) throw new SallyportError("input.too_large", { from: "api" });
      chunks.push(chunk);
    }
    return readHealth(answer.statusCode, Buffer.concat(chunks).toString("utf8"));
  }

  #newAgent(): Agent {
    const { identity, trustDomain } = this.#options;
    return new Agent({
      connections: CONNECTIONS,
      keepAliveTimeout: 30_000,
      headersTimeout: DEADLINE_MS,
      bodyTimeout: DEADLINE_MS,
      connect: { ...clientOptions(identity.current(), processId(trustDomain, "api")), timeout: DEADLINE_MS },
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
