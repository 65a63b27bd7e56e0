import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Identity, serverOptions } from "@sallyport/pki";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  /** Of the header by which a caller would rather have a write kept. */
  readonly later: string | undefined;
  readonly body: string;
  readonly serial: string;
  readonly port: number;
}

/** What the listener does with one request: answers it, or breaks the connection without an answer. */
export type Reply = { readonly status: number; readonly json: unknown } | Lines | "reset" | "silence";

/** A watch's answer: so many pieces, as they are cut on the way, and then its end, a break, or nothing more. */
interface Lines {
  readonly pieces: readonly string[];
  readonly after: "end" | "reset" | "silence";
}

/** A mutual TLS 1.3 listener that plays back replies, for what a real api can't be made to do at will. */
export interface Listener {
  readonly port: number;
  readonly arrived: Arrived[];
  readonly server: Server;
  /** Requests to this path. */
  to(path: string): Arrived[];
  stop(): Promise<void>;
}

/** A success of the boundary. */
export const ok = (data: unknown): Reply => ({ status: 200, json: { result: { data } } });
/** A failure of the boundary. */
export const wire = (status: number, code: string, more: object = {}): Reply => ({ status, json: { pillar: "p", code, remedy: "r", requestId: "req_1", ...more } });

let issued = 0;
/** A token answer of so many seconds. Each has another token. */
export const token = (seconds = 600): Reply => ({ status: 200, json: { token: `token-${(issued += 1)}`, expiresAt: new Date(Date.now() + seconds * 1000).toISOString() } });

/** Starts one on a port of its own, or on the one that is given; `n` counts the requests to the same path from 1. */
export async function listen(identity: Identity, reply: (request: Arrived, n: number) => Reply, port = 0): Promise<Listener> {
  const arrived: Arrived[] = [];
  const server = createServer(serverOptions(identity), onRequest(arrived, reply));
  // A handshake that fails is what some tests are about.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(port, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arrived,
    server,
    to: (path) => arrived.filter((request) => request.path === path),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function onRequest(arrived: Arrived[], reply: (request: Arrived, n: number) => Reply): RequestListener {
  return (message, response) => {
    void textOf(message).then((body) => {
      const socket = message.socket as TLSSocket;
      const request: Arrived = {
        method: message.method ?? "",
        path: message.url ?? "",
        authorization: message.headers.authorization,
        key: headerOf(message, "idempotency-key"),
        later: headerOf(message, "sallyport-later"),
        body,
        serial: socket.getPeerCertificate().serialNumber,
        port: socket.remotePort ?? 0,
      };
      arrived.push(request);
      const answer = reply(request, arrived.filter(({ path }) => path === request.path).length);
      if (answer === "silence") return;
      if (answer === "reset") return void socket.destroy();
      if ("pieces" in answer) return void play(response, answer);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.json));
    });
  };
}

async function play(response: ServerResponse, { pieces, after }: Lines): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (const piece of pieces) {
    response.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (after === "end") response.end();
  if (after === "reset") response.destroy();
}

const headerOf = (message: IncomingMessage, name: string): string | undefined => {
  const value = message.headers[name];
  return typeof value === "string" ? value : undefined;
};

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
