import type { TLSSocket } from "node:tls";
import { SallyportError } from "@sallyport/errors";
import { assertInDate, type PeerCertificate, type PeerIdentity, readPeerCertificate } from "./peer-identity.ts";

/** What a peer is judged against, at each request on its connection. */
export interface SocketPeerOptions {
  readonly trustDomain: string;
  readonly nowMs: number;
  /** Serials that no longer count, as the newest revocation list has them; a connection outlives the handshake that checked it. */
  readonly revoked?: ReadonlySet<string>;
  /** The keys of the authorities that count now, as {@link authorityIds} has them; any, if absent. One that was dropped doesn't count for connections that are open either. */
  readonly authorities?: ReadonlySet<string>;
}

const seen = new WeakMap<TLSSocket, { readonly trustDomain: string; readonly certificate: PeerCertificate }>();

/**
 * The identity of the client at the other end, judged anew at every call: the certificate is read once a socket, but its dates and its
 * revocation are checked each time. A resumed session is refused, because in one the client proved nothing.
 * @throws SallyportError `workload.invalid` or `workload.revoked`; the caller then closes the connection.
 */
export function socketPeer(socket: TLSSocket, options: SocketPeerOptions): PeerIdentity {
  const known = seen.get(socket);
  const certificate = known?.trustDomain === options.trustDomain ? known.certificate : readSocket(socket, options.trustDomain);
  assertInDate(certificate, options.nowMs);
  if (options.revoked?.has(certificate.serial) === true) throw new SallyportError("workload.revoked", { reason: "revoked", serial: certificate.serial });
  if (options.authorities?.has(certificate.authority) === false) throw new SallyportError("workload.revoked", { reason: "authority", serial: certificate.serial });
  return certificate;
}

function readSocket(socket: TLSSocket, trustDomain: string): PeerCertificate {
  if (!socket.authorized) throw new SallyportError("workload.invalid", { reason: "unauthorized" });
  if (socket.isSessionReused()) throw new SallyportError("workload.invalid", { reason: "resumed" });
  const der = socket.getPeerX509Certificate()?.raw;
  if (der === undefined) throw new SallyportError("workload.invalid", { reason: "no_certificate" });
  const certificate = readPeerCertificate(der, trustDomain, "client");
  seen.set(socket, { trustDomain, certificate });
  return certificate;
}
