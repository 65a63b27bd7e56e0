import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";
import { SallyportError } from "@sallyport/errors";
import { clientOptions, type Identity } from "@sallyport/pki";

const CONNECT_MS = 2_000;
const KEEPALIVE_MS = 10_000;

/**
 * Opens one mutual TLS 1.3 socket and returns it once the server has proven that it is this very SPIFFE ID.
 *
 * @throws `service.unavailable` within two seconds otherwise; the reason stays in the cause.
 */
export function dialCustodian(host: string, port: number, identity: Identity, custodianSpiffe: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...clientOptions(identity, custodianSpiffe), host, port });
    const fail = (cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new SallyportError("service.unavailable", { host, port }, cause));
    };
    const timer = setTimeout(fail, CONNECT_MS);
    socket.once("error", fail);
    socket.once("close", fail);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      if (!socket.authorized) return fail(socket.authorizationError);
      socket.off("error", fail);
      socket.off("close", fail);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEPALIVE_MS);
      resolve(socket);
    });
  });
}
