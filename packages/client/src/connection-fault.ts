import type { ErrorCode } from "@sallyport/errors";

/**
 * How a send ended without an answer:
 * `refused` – nobody listens, nothing was sent; `reset` – the connection broke; `timeout` – the time ran out;
 * `untrusted` – the server didn't prove to be the api, nothing was sent; `unreachable` – no connection came about;
 * `rejected` – the server refused our certificate.
 */
export type FaultKind = "refused" | "reset" | "timeout" | "untrusted" | "unreachable" | "rejected";

const CODES = {
  refused: "connection.refused",
  reset: "connection.lost",
  timeout: "connection.lost",
  untrusted: "connection.untrusted",
  unreachable: "connection.refused",
  rejected: "connection.rejected",
} as const satisfies Record<FaultKind, ErrorCode>;

/** A send that got no answer. */
export class ConnectionFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, cause?: unknown) {
    super(`connection ${kind}`, cause === undefined ? undefined : { cause });
    this.name = "ConnectionFault";
    this.kind = kind;
  }

  /** Whether the api may have received the request. */
  get mayHaveBeenSent(): boolean {
    return this.kind === "reset" || this.kind === "timeout";
  }

  get code(): ErrorCode {
    return CODES[this.kind];
  }
}

/** What undici says of a request that came after its agent was closed: the session of an older certificate, by then. */
const CLOSED: ReadonlySet<string> = new Set(["UND_ERR_CLOSED", "UND_ERR_DESTROYED"]);
const RESETS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
const TIMEOUTS: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);
const UNREACHABLE: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * Tells what an error of the HTTP client means for the call. What isn't recognised counts as a timeout: it is not sent
 * again, and may have arrived.
 */
export function faultOf(error: unknown): ConnectionFault {
  const code = codeOf(error);
  if (isRefused(error) || CLOSED.has(code)) return new ConnectionFault("refused", error);
  if (isIdentityFailure(error, code)) return new ConnectionFault("untrusted", error);
  if (/^ERR_SSL_.*ALERT/.test(code)) return new ConnectionFault("rejected", error);
  if (RESETS.has(code)) return new ConnectionFault("reset", error);
  if (TIMEOUTS.has(code) || isAbort(error)) return new ConnectionFault("timeout", error);
  return new ConnectionFault(UNREACHABLE.has(code) ? "unreachable" : "timeout", error);
}

/** `localhost` may stand for two addresses; the connection is refused only if each of them refused it. */
function isRefused(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isRefused);
  return codeOf(error) === "ECONNREFUSED" && syscallOf(error) === "connect";
}

/** OpenSSL's verification errors, Node's name check, and what our own check of the SPIFFE id throws. */
function isIdentityFailure(error: unknown, code: string): boolean {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code.startsWith("workload.")) return true;
  return (
    /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION|ERR_SSL_UNSUPPORTED_PROTOCOL)/.test(code) &&
    error instanceof Error
  );
}

const isAbort = (error: unknown): boolean => error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
const codeOf = (error: unknown): string => textOf(error, "code");
const syscallOf = (error: unknown): string => textOf(error, "syscall");

function textOf(error: unknown, name: "code" | "syscall"): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

/** The token could not be had: whatever became of that request, nothing of the call itself was sent. */
export class TokenFault extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("no token", { cause: failure });
    this.name = "TokenFault";
    this.failure = failure;
  }
}
