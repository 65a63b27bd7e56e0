import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Witness } from "./witness.ts";

/** Larger than any request: a checkpoint with 64 signatures, and 63 hashes. */
const BODY_MAX = 65_536;

export interface WitnessServerOptions {
  readonly witness: Witness;
  /** PEM; plain HTTP without: then something that ends TLS stands in front, or all is on one machine. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Told of each answer but a cosignature, and of what failed within. */
  readonly log: (line: string) => void;
}

/** `POST /add-checkpoint` of C2SP tlog-witness, and nothing else. */
export function witnessServer({ witness, tls, log }: WitnessServerOptions): Server {
  const serve: RequestListener = (request, response) => {
    void answer(witness, request, response, log);
  };
  const limits = { requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 30_000 };
  const server: Server = tls === null ? createServer(limits, serve) : createTlsServer({ ...limits, ...tls, minVersion: "TLSv1.2" }, serve);
  server.maxConnections = 256;
  return server;
}

async function answer(witness: Witness, request: IncomingMessage, response: ServerResponse, log: (line: string) => void): Promise<void> {
  try {
    if (request.url !== "/add-checkpoint") return end(response, 404);
    if (request.method !== "POST") return end(response, 405);
    const body = await bodyOf(request);
    if (body === null) return end(response, 413);
    const { status, type, body: text } = witness.addCheckpoint(body);
    if (status !== 200) log(`answered ${status}`);
    response.writeHead(status, { "content-type": type }).end(text);
  } catch (error) {
    log(`failed: ${error instanceof Error ? error.name : "unknown"}`);
    end(response, 500);
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: "close" }).end();
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
