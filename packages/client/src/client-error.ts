import { catalog, type ErrorCode, isErrorCode } from "@sallyport/errors";
import { TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** What is known of a failure besides its code. */
export interface FailureFacts {
  /** The HTTP status; for a failure on this side, the catalogue's. */
  readonly status?: number;
  readonly remedy?: string;
  /** Empty where no request reached the api. */
  readonly requestId?: string;
  /** Places in the input (or, for a failure on this side, in the settings); never values. */
  readonly where?: readonly string[];
  /** The key of the failed call: repeating the call with it has one effect at most. */
  readonly idempotencyKey?: string;
  /** The upload that failed: what was sent of it stays for a day. */
  readonly packetId?: string;
  /** Where an upload goes on. */
  readonly next?: number;
  readonly incident?: string;
  /** By which it is asked what became of a request that was kept for later. */
  readonly receipt?: string;
  readonly cause?: Error;
}

/**
 * Every failure of a call, with a code of the catalogue to branch on.
 *
 * It is a `TRPCClientError`, because tRPC passes those on as they are and wraps anything else.
 */
export class SallyportClientError extends TRPCClientError<AnyTRPCRouter> {
  readonly code: ErrorCode;
  readonly pillar: string;
  /** What to do next, for people. */
  readonly remedy: string;
  /** Names the crossing in the trail; empty where no request reached the api. */
  readonly requestId: string;
  readonly status: number;
  readonly where?: readonly string[];
  readonly idempotencyKey?: string;
  /** The upload that failed, to go on with by `upload({ packet, … })`. */
  readonly packetId?: string;
  /** With `packet.offset`: where the upload goes on. */
  readonly next?: number;
  /** With `trail.quarantined`: the incident and its chain, with a space between. */
  readonly incident?: string;
  /** With `service.accepted_later`: ask `spool.status` by it what became of the request, which is not done. */
  readonly receipt?: string;

  constructor(code: ErrorCode, facts: FailureFacts = {}) {
    super(catalog[code].message, facts.cause === undefined ? undefined : { cause: facts.cause });
    // TRPCClientError sets its own prototype on every instance, which would hide this class.
    Object.setPrototypeOf(this, new.target.prototype);
    this.name = "SallyportClientError";
    this.code = code;
    this.pillar = catalog[code].pillar;
    this.remedy = facts.remedy ?? catalog[code].remedy;
    this.requestId = facts.requestId ?? "";
    this.status = facts.status ?? catalog[code].status;
    if (facts.where !== undefined) this.where = facts.where;
    if (facts.idempotencyKey !== undefined) this.idempotencyKey = facts.idempotencyKey;
    if (facts.packetId !== undefined) this.packetId = facts.packetId;
    if (facts.next !== undefined) this.next = facts.next;
    if (facts.incident !== undefined) this.incident = facts.incident;
    if (facts.receipt !== undefined) this.receipt = facts.receipt;
  }

  /** The same failure, of this upload. */
  at(packetId: string): SallyportClientError {
    const { code, status, remedy, requestId, where, idempotencyKey, next, receipt } = this;
    const facts = { status, remedy, requestId, packetId, cause: this };
    return new SallyportClientError(code, {
      ...facts,
      ...(where !== undefined && { where }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(next !== undefined && { next }),
      ...(receipt !== undefined && { receipt }),
    });
  }
}

/** Whether the boundary refused the caller: 401 or 403, so nothing was opened and nothing was changed. */
export const isDenial = (error: unknown): error is SallyportClientError => error instanceof SallyportClientError && catalog[error.code].outcome === "denied";

/** Whether an error is one of these failures; narrows `code` to them. */
export const hasCode = <C extends ErrorCode>(error: unknown, ...codes: readonly C[]): error is SallyportClientError & { readonly code: C } =>
  error instanceof SallyportClientError && (codes as readonly ErrorCode[]).includes(error.code);

/** The failure that an answer other than 200 stands for, whatever its body is. */
export function failureOf(status: number, body: string, idempotencyKey?: string): SallyportClientError {
  const wire = wireFields(body);
  return new SallyportClientError(wire.code ?? codeOfStatus(status), { ...wire, status, ...(idempotencyKey !== undefined && { idempotencyKey }) });
}

/** The failure that a watch's last line says; its status is the catalogue's. */
export function failureSaid(body: string): SallyportClientError {
  const { code = "internal", ...facts } = wireFields(body);
  return new SallyportClientError(code, facts);
}

interface WireFields {
  code?: ErrorCode;
  remedy?: string;
  requestId?: string;
  where?: readonly string[];
  next?: number;
  incident?: string;
  receipt?: string;
}

function wireFields(body: string): WireFields {
  const parsed = parsedObject(body);
  if (parsed === null) return {};
  const { code, remedy, requestId, where, next, incident, receipt } = parsed;
  return {
    ...(isErrorCode(code) && { code }),
    ...(typeof remedy === "string" && { remedy }),
    ...(typeof requestId === "string" && { requestId }),
    ...(Array.isArray(where) && where.every((place) => typeof place === "string") && { where }),
    ...(typeof next === "number" && { next }),
    ...(typeof incident === "string" && { incident }),
    ...(typeof receipt === "string" && { receipt }),
  };
}

function parsedObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** An api newer than this client may use a code that isn't known here; the status still says what kind of failure it is. */
function codeOfStatus(status: number): ErrorCode {
  // Whatever a 202 says, it isn't done.
  if (status === 202) return "service.accepted_later";
  if (status === 401) return "token.claims";
  if (status === 403) return "policy.denied";
  if (status === 429) return "service.limited";
  if (status === 503) return "service.unavailable";
  return status >= 400 && status < 500 ? "input.invalid" : "internal";
}
