import { request } from "node:https";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { ConnectionOptions } from "node:tls";
import autocannon from "autocannon";

const CONNECTIONS = 64;
const WARM_SECONDS = 1;
const SECONDS = 4;

/** One request as it is sent. */
export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What is asked, over and over, by kept connections. */
export interface Target {
  readonly url: string;
  /** Shared out among the connections, so that they don't all ask for the same at once. */
  readonly asks: readonly Ask[];
  /** The caller's certificate, for a server that asks for one. */
  readonly tls?: ConnectionOptions;
}

/** Answers a second at 64 connections, once they are up and warm. What is refused is no answer: it is not counted, and said. */
export async function answersPerSecond({ url, asks, tls }: Target, seconds = SECONDS): Promise<number> {
  const fromMs = performance.now() + WARM_SECONDS * 1000;
  const untilMs = fromMs + seconds * 1000;
  let clients = 0;
  let answers = 0;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: WARM_SECONDS + seconds + 1,
    ...(tls !== undefined && { tlsOptions: tls }),
    setupClient(client) {
      const mine = clients++ % CONNECTIONS;
      client.setRequests(asks.filter((_, at) => at % CONNECTIONS === mine));
      client.on("response", (status) => {
        const nowMs = performance.now();
        if (status === 200 && nowMs >= fromMs && nowMs < untilMs) answers += 1;
      });
    },
  });
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) process.stderr.write(`  ${url}: ${result.non2xx} refused, ${result.errors} errors, ${result.timeouts} timeouts\n`);
  if (answers === 0) throw new Error(`${url} answered nothing`);
  return answers / seconds;
}

/** Asks once over mutual TLS and answers the JSON. @throws where the status isn't 200. */
export async function askOnce(url: string, tls: ConnectionOptions, { method, path, headers, body }: Ask): Promise<unknown> {
  const sent = request(`${url}${path}`, { ...tls, method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${answer}`);
  return JSON.parse(answer);
}
