import { catalog, type ErrorCode, isErrorCode, type WireError } from "@sallyport/errors";

/** A refusal or failure as the api said it, or as the console says it where the api could not be asked. */
export class WireFailure extends Error {
  readonly code: ErrorCode;
  /** The api's id of the request; empty where the api has not seen it. */
  readonly requestId: string;
  /** Where in the input the fault is. */
  readonly where: readonly string[];

  constructor(code: ErrorCode, requestId = "", where: readonly string[] = []) {
    super(code);
    this.name = "WireFailure";
    this.code = code;
    this.requestId = requestId;
    this.where = where;
  }

  get facts() {
    return catalog[this.code];
  }

  /** Whether the same request may do better later. It may have been carried out too: a connection that ended tells nothing of that. */
  get isPassing(): boolean {
    return this.code.startsWith("connection.") || this.facts.retry;
  }

  /** Whether it says that nobody is signed in here any longer. */
  get endsSession(): boolean {
    return (this.code.startsWith("session.") && this.code !== "session.origin") || this.code === "token.revoked";
  }
}

/** Reads the body of an answer that isn't a success; what can't be read is a service that can't serve. */
export function failureIn(body: unknown): WireFailure {
  const { code, requestId, where } = (typeof body === "object" && body !== null ? body : {}) as Partial<WireError>;
  if (!isErrorCode(code)) return new WireFailure("service.unavailable");
  return new WireFailure(code, typeof requestId === "string" ? requestId : "", Array.isArray(where) ? where.filter((each) => typeof each === "string") : []);
}

/** Anything thrown, as a failure that can be shown. */
export const toFailure = (error: unknown): WireFailure => (error instanceof WireFailure ? error : new WireFailure("internal"));
