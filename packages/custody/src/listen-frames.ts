import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { SallyportError } from "@sallyport/errors";
import { type Identity, serverOptions } from "@sallyport/pki";
import { type FrameHandler, serveFrames } from "./serve-frames.ts";

const HANDSHAKE_MS = 5000;
const CONNECTIONS_MAX = 32;
/** A caller replaces its connection sooner; one that doesn't is cut. */
const CONNECTION_AGE_MS = 600_000;

export interface FrameListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly identity: Identity;
  readonly handle: FrameHandler;
  /** Asked at the handshake and before every frame; a throw closes the connection. */
  readonly admit: (socket: TLSSocket) => void;
}

export interface FrameListener {
  readonly port: number;
  /** New connections meet this identity; those that are up go on. */
  setIdentity(identity: Identity): void;
  close(): void;
}

/**
 * Listens by mutual TLS 1.3 and answers frames. A handshake that isn't done in five seconds, a connection over the thirty-second
 * at once, and one of ten minutes are closed.
 *
 * @throws `port.taken`.
 */
export async function listenFrames({ host, port, identity, handle, admit }: FrameListenerOptions): Promise<FrameListener> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...serverOptions(identity), handshakeTimeout: HANDSHAKE_MS }, (socket) => {
    try {
      admit(socket);
    } catch {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const age = setTimeout(() => socket.destroy(), CONNECTION_AGE_MS).unref();
    socket.once("close", () => {
      clearTimeout(age);
      sockets.delete(socket);
    });
    socket.setNoDelay(true);
    serveFrames(socket, handle, () => admit(socket));
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new SallyportError("port.taken", { port }, error);
  }
  return {
    port: (server.address() as AddressInfo).port,
    setIdentity: (next) => server.setSecureContext(serverOptions(next)),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
