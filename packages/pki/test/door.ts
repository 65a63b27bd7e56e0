import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { connect, type ConnectionOptions, type SecureContextOptions, type TlsOptions, type TLSSocket } from "node:tls";
import type { ServerOptions } from "node:https";
import { codeOf } from "@sallyport/errors";
import { socketPeer } from "../src/index.ts";
import { TRUST_DOMAIN } from "./deployment.ts";

/** A listener on a real port that answers `welcome` to whoever gets as far as HTTP, or `403` to whoever it can't identify. */
export interface Door extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
}

/** Opens a door. With `identify` false it asks nobody for an identity: the defence that many rows switch off. */
export async function openDoor(options: SecureContextOptions & TlsOptions & ServerOptions, { identify = true } = {}): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer(options, (request, response) => {
    try {
      if (identify) socketPeer(request.socket as TLSSocket, { trustDomain: TRUST_DOMAIN, nowMs: Date.now() });
      response.end("welcome");
    } catch (error) {
      response.writeHead(403, { connection: "close" }).end(codeOf(error));
    }
  });
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** What came of knocking: `welcome`, `403 code`, or `refused` when no HTTP came back at all. */
export interface Knock {
  readonly outcome: string;
  readonly resumed: boolean;
  /** The last session that the server offered, to try to resume it. */
  readonly session: Buffer | undefined;
}

/** Connects as the options say, sends one GET and reports what came back. It verifies the server only when told to. */
export function knock(port: number, options: ConnectionOptions): Promise<Knock> {
  return new Promise((resolve) => {
    let text = "";
    let session: Buffer | undefined;
    let resumed = false;
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ...options }, () => {
      resumed = socket.isSessionReused();
      socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    });
    const done = () => resolve({ outcome: outcomeOf(text), resumed, session });
    socket.setTimeout(5000, () => socket.destroy());
    socket.on("session", (ticket: Buffer) => (session = ticket));
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", done);
  });
}

function outcomeOf(text: string): string {
  if (text.startsWith("HTTP/1.1 200")) return "welcome";
  if (text.startsWith("HTTP/1.1 403")) return `403 ${text.match(/workload\.[a-z_]+/)?.[0] ?? ""}`;
  return "refused";
}
