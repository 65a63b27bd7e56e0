import { constants } from "node:crypto";
import { type ConnectionOptions, createSecureContext, type SecureContextOptions, type TlsOptions } from "node:tls";
import { SallyportError } from "@sallyport/errors";
import type { Identity } from "./identity-files.ts";
import { peerIdentity } from "./peer-identity.ts";
import { parseSpiffeId } from "./spiffe-id.ts";

/**
 * What both ends of every hop agree to. TLS 1.3 alone, so there is no renegotiation and no weak suite; no tickets, because a resumed
 * session skips the look at the peer's certificate, its dates and its revocation (docs/threat-model.md).
 */
const HOP = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  ciphers: "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
  ecdhCurve: "X25519:P-256",
  sigalgs: "ecdsa_secp256r1_sha256:ed25519",
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies SecureContextOptions;

/** What a listener adds to its identity. */
export interface ServerTlsOptions {
  /** The newest list of each authority in `caPem`; with it, a revoked certificate and a stale list both end the handshake. */
  readonly crlPem?: string | readonly string[];
  readonly alpn?: readonly string[];
}

/**
 * The options of a listener that nobody reaches without a certificate of ours: for `tls.createServer`, `https.createServer` and, when
 * the identity or the list changes, `server.setSecureContext`.
 * @throws SallyportError `workload.crl_stale` when a list can't be read: a listener that can't tell who was revoked must not start.
 */
export function serverOptions(identity: Identity, options: ServerTlsOptions = {}): SecureContextOptions & TlsOptions {
  const crl = typeof options.crlPem === "string" ? [options.crlPem] : [...(options.crlPem ?? [])];
  for (const pem of crl) assertReadableList(pem);
  return {
    ...HOP,
    key: identity.keyPem,
    cert: identity.certPem,
    ca: identity.caPem,
    ...(crl.length > 0 && { crl }),
    ...(options.alpn !== undefined && { ALPNProtocols: [...options.alpn] }),
    requestCert: true,
    rejectUnauthorized: true,
  };
}

function assertReadableList(pem: string): void {
  try {
    createSecureContext({ crl: pem });
  } catch (error) {
    throw new SallyportError("workload.crl_stale", { reason: "unreadable" }, error);
  }
}

/** Options of a caller, whom and not where it calls; `maxCachedSessions` is what https and undici agents read to keep no session. */
export type ClientTlsOptions = Omit<ConnectionOptions, "host" | "port" | "path" | "socket"> & { readonly maxCachedSessions: 0 };

/**
 * The options of a caller that talks to nobody but `expectedServerSpiffe`. The SPIFFE ID takes the place of the host name: where the
 * server listens proves nothing, and whoever it says to be is proven by our authority. No session is ever resumed, since on a resumed
 * one Node doesn't ask again who the server is.
 * @throws TypeError when the expected ID is not a SPIFFE ID with a path.
 */
export function clientOptions(identity: Identity, expectedServerSpiffe: string, now: () => number = Date.now): ClientTlsOptions {
  const id = parseSpiffeId(expectedServerSpiffe);
  if (id === null || id.path === "") throw new TypeError("expectedServerSpiffe is not a SPIFFE ID");
  return {
    ...HOP,
    key: identity.keyPem,
    cert: identity.certPem,
    ca: identity.caPem,
    rejectUnauthorized: true,
    maxCachedSessions: 0,
    checkServerIdentity: (_host, certificate) => {
      try {
        const peer = peerIdentity(certificate.raw, { trustDomain: id.trustDomain, nowMs: now(), role: "server" });
        return peer.spiffe === expectedServerSpiffe
          ? undefined
          : new SallyportError("workload.invalid", { reason: "other_server", expected: expectedServerSpiffe, found: peer.spiffe });
      } catch (error) {
        return error instanceof Error ? error : new SallyportError("workload.invalid", { reason: "unreadable" });
      }
    },
  };
}
