import type { Server, ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";

/** How long a connection may take for what. Milliseconds. */
export interface ListenerLimits {
  /** From the TCP connection to the end of the TLS handshake; 5000 if absent. */
  readonly handshakeMs?: number;
  /** From the first byte of a request, or from the handshake, to the end of its head; 5000 if absent. */
  readonly headMs?: number;
  /** To the end of a whole request, body included; 30 000 if absent. */
  readonly requestMs?: number;
}

/**
 * The options of an https listener that give nobody a connection for nothing: a half-open one, plain HTTP and a request that trickles
 * are closed within the limit and at most a second more.
 */
export function listenerTimeouts(limits: ListenerLimits = {}): Pick<ServerOptions, "handshakeTimeout" | "headersTimeout" | "requestTimeout" | "connectionsCheckingInterval"> {
  const headersTimeout = limits.headMs ?? 5000;
  return {
    handshakeTimeout: limits.handshakeMs ?? 5000,
    headersTimeout,
    requestTimeout: Math.max(limits.requestMs ?? 30_000, headersTimeout),
    connectionsCheckingInterval: Math.min(1000, headersTimeout),
  };
}

/**
 * Ends every connection that is older than `ageMs`, so that a peer proves itself anew that often: the answer in hand is finished and
 * says `connection: close`; an idle connection is closed at once; after `graceMs` more, whatever is left is cut (a stream, say).
 */
export function limitConnectionAge(server: Server, ageMs: number, graceMs = 10_000): void {
  const busy = new WeakMap<TLSSocket, number>();
  const old = new WeakSet<TLSSocket>();
  server.on("secureConnection", (socket: TLSSocket) => {
    let cut: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      old.add(socket);
      if ((busy.get(socket) ?? 0) === 0) socket.destroy();
      else {
        cut = setTimeout(() => socket.destroy(), graceMs);
        cut.unref();
      }
    }, ageMs);
    timer.unref();
    socket.once("close", () => {
      clearTimeout(timer);
      clearTimeout(cut);
    });
  });
  server.prependListener("request", (request, response) => {
    const socket = request.socket as TLSSocket;
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    if (old.has(socket)) response.setHeader("connection", "close");
    response.once("close", () => {
      const left = (busy.get(socket) ?? 1) - 1;
      busy.set(socket, left);
      if (left === 0 && old.has(socket)) socket.end();
    });
  });
}
