import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { catalog, type ErrorCode, toWireError, type WireFacts } from "@sallyport/errors";

const HEADERS = { "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/** Sends one JSON document. `close` ends the connection after it. */
export function sendJson(response: ServerResponse, status: number, body: string, close = false): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...HEADERS, "content-length": Buffer.byteLength(body), ...(close && { connection: "close" }) });
  response.end(body);
}

/** The failures after which a connection isn't worth keeping: its workload no longer counts, or its input can't be read on. */
const CLOSING = new Set<ErrorCode>(["workload.invalid", "workload.revoked", "workload.crl_stale", "input.too_large"]);

/** Sends a failure: the catalogue's status, and the body that every failure of its code has. */
export function sendFailure(response: ServerResponse, code: ErrorCode, requestId: string, facts: WireFacts = {}): void {
  sendJson(response, catalog[code].status, JSON.stringify(toWireError(code, requestId, facts)), CLOSING.has(code));
}

/** Sends a failure to a request whose head could not be read, and ends its connection. */
export function endWithFailure(socket: Duplex, code: ErrorCode, requestId: string): void {
  const body = JSON.stringify(toWireError(code, requestId));
  const head = Object.entries({ ...HEADERS, "content-length": Buffer.byteLength(body), connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${catalog[code].status} ${code}\r\n${head.join("")}\r\n${body}`, () => socket.destroy());
}
