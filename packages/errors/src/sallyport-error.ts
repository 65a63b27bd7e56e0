import { catalog, type ErrorCode } from "./catalog.ts";
import type { ErrorFacts } from "./error-facts.ts";

/** Ids and names that help an operator, never a clinical value, a key or a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * Every failure that Sallyport raises on purpose. It carries a code and, for operators, a context of ids;
 * the text for people is looked up by whoever shows it, so the error itself has nothing to leak.
 */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, context: ErrorContext = {}, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = "SallyportError";
    this.code = code;
    this.context = context;
  }

  /** The catalogue's facts of this failure. */
  get facts(): ErrorFacts {
    return catalog[this.code];
  }
}

/** The code of anything thrown: its own, or `internal`. */
export const codeOf = (error: unknown): ErrorCode => (error instanceof SallyportError ? error.code : "internal");

/** Throws; for the branch that the types say can't be reached. */
export function assertNever(value: never): never {
  throw new SallyportError("internal", { unreachable: typeof value });
}

/** The body of every answer that isn't a success. Its shape is the whole of what a caller learns. */
export interface WireError {
  readonly pillar: string;
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly requestId: string;
  /** Where in the input the fault is (paths, rows and columns, never values); with `input` codes, and with `policy.denied` where the input names sites that aren't the caller's. */
  readonly where?: readonly string[];
  /** The offset at which an upload goes on; only with `packet.offset`. */
  readonly next?: number;
  /** The incident and its chain, with a space between; only with `trail.quarantined`. */
  readonly incident?: string;
  /** By which it is asked what became of the request; only with `service.accepted_later`. */
  readonly receipt?: string;
}

/** What some failures say beside their code; each is taken with the codes alone that it belongs to. */
export interface WireFacts {
  readonly where?: readonly string[] | undefined;
  readonly next?: number | undefined;
  readonly incident?: string | undefined;
  readonly receipt?: string | undefined;
}

/** Makes the wire body of a failure. */
export function toWireError(code: ErrorCode, requestId: string, { where, next, incident, receipt }: WireFacts = {}): WireError {
  const { pillar, remedy } = catalog[code];
  return {
    pillar,
    code,
    remedy,
    requestId,
    ...((pillar === "input" || code === "policy.denied") && where !== undefined && { where }),
    ...(code === "packet.offset" && next !== undefined && { next }),
    ...(code === "service.accepted_later" && receipt !== undefined && { receipt }),
    ...(code === "trail.quarantined" && incident !== undefined && { incident }),
  };
}
