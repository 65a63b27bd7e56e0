import { clientOptions, type Identity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { Agent, type buildConnector, request } from "undici";
import { faultOf } from "./connection-fault.ts";

const CONNECTIONS_MAX = 32;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface Outgoing {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /**
   * On a connection of its own, so that a kept one which the api has just closed can't leave it open whether the request
   * arrived: for what must not be sent twice.
   */
  readonly isAlone: boolean;
}

/** The api's answer as it came. */
export interface Incoming {
  readonly status: number;
  readonly body: string;
  /** The api's clock in milliseconds, to the second, or null where it didn't say. */
  readonly serverTimeMs: number | null;
}

/** Connections to the api with one certificate, over TLS 1.3, each to a server that proved to be the api. */
export class Transport {
  readonly #origin: string;
  readonly #kept: Agent;
  readonly #alone: Agent;
  readonly #watching: Agent;

  constructor(api: URL, trustDomain: string, identity: Identity) {
    this.#origin = api.origin;
    // undici's type leaves `undefined` out of the optional members of Node's own.
    const connect = clientOptions(identity, processId(trustDomain, "api")) as buildConnector.BuildOptions;
    const options = { connect, maxResponseSize: ANSWER_BYTES_MAX, headersTimeout: 0, bodyTimeout: 0 };
    this.#kept = new Agent({ ...options, connections: CONNECTIONS_MAX });
    // Without pipelining undici keeps no connection alive.
    this.#alone = new Agent({ ...options, pipelining: 0 });
    // What is read as it comes may be of any length.
    this.#watching = new Agent({ ...options, pipelining: 0, maxResponseSize: -1 });
  }

  /**
   * Sends once. The signal is the only time limit.
   * @throws ConnectionFault where no answer came.
   */
  async send(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
    try {
      const answer = await request(`${this.#origin}${outgoing.path}`, {
        method: outgoing.method,
        headers: { accept: "application/json", ...(outgoing.body !== undefined && { "content-type": "application/json" }), ...outgoing.headers },
        body: outgoing.body ?? null,
        dispatcher: outgoing.isAlone ? this.#alone : this.#kept,
        signal,
      });
      const body = await answer.body.text();
      return { status: answer.statusCode, body, serverTimeMs: timeOf(answer.headers["date"]) };
    } catch (error) {
      throw faultOf(error);
    }
  }

  /**
   * Sends once and hands the answer on as it comes. The signal ends it.
   * @throws ConnectionFault where no answer came, and from the stream where it broke off.
   */
  async open(outgoing: Outgoing, signal: AbortSignal): Promise<{ readonly status: number; readonly body: AsyncIterable<Buffer> }> {
    try {
      const answer = await request(`${this.#origin}${outgoing.path}`, {
        method: outgoing.method,
        headers: { accept: "application/x-ndjson", "content-type": "application/json", ...outgoing.headers },
        body: outgoing.body ?? null,
        dispatcher: this.#watching,
        signal,
      });
      return { status: answer.statusCode, body: faultsOf(answer.body) };
    } catch (error) {
      throw faultOf(error);
    }
  }

  /** Closes the connections once what is under way has ended; a watch is ended. */
  async close(): Promise<void> {
    await Promise.all([this.#kept.close(), this.#alone.close(), this.#watching.destroy()]);
  }
}

async function* faultsOf(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw faultOf(error);
  }
}

function timeOf(date: string | string[] | undefined): number | null {
  const ms = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}
