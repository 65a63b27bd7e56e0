import { SallyportClientError } from "@sallyport/client";
import { catalog, type ErrorCode, plainText, SallyportError } from "@sallyport/errors";
import { UsageError } from "./usage-error.ts";

/** A failure as `--json` prints it on standard error. */
export interface FailureDocument {
  readonly code: ErrorCode | "usage";
  readonly pillar: string;
  readonly message: string;
  readonly remedy: string;
  /** Empty where no request reached the api. */
  readonly requestId: string;
  readonly where?: readonly string[];
  readonly idempotencyKey?: string;
  /** The upload that failed. */
  readonly packetId?: string;
  /** Of a request that was kept for later. */
  readonly receipt?: string;
}

/** What of an operator's failure is shown: names and places of ours, never anything else that an error may hold. */
const SHOWN: readonly string[] = ["setting", "secret", "process", "file", "port", "pid", "step", "reason", "why", "found", "expected"];

/** A failure by what is known of it. Of an error that isn't ours only the class is said: its message can hold anything. */
export function failureDocument(error: unknown): FailureDocument {
  if (error instanceof UsageError) return { code: "usage", pillar: "input", message: plainText(error.message), remedy: "", requestId: "" };
  if (error instanceof SallyportClientError) {
    const { code, pillar, message, remedy, requestId, where, idempotencyKey, packetId, receipt } = error;
    const known = {
      ...(where !== undefined && { where }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(packetId !== undefined && { packetId }),
      ...(receipt !== undefined && { receipt }),
    };
    return { code, pillar, message, remedy, requestId, ...known };
  }
  if (error instanceof SallyportError) {
    const { pillar, message, remedy } = error.facts;
    const where = SHOWN.filter((name) => error.context[name] !== undefined).map((name) => `${name}: ${String(error.context[name])}`);
    const { remedy: closer } = error.context;
    return { code: error.code, pillar, message, remedy: typeof closer === "string" ? closer : remedy, requestId: "", ...(where.length > 0 && { where }) };
  }
  const { pillar, remedy } = catalog.internal;
  return { code: "internal", pillar, message: `Something failed on this side (${classOf(error)}).`, remedy, requestId: "" };
}

/** A failure for people: what happened and whether anything changed, where, what to do, and what to quote. */
export function failureLines(error: unknown): readonly string[] {
  const { code, message, remedy, requestId, where = [], idempotencyKey, packetId, receipt } = failureDocument(error);
  if (code === "usage") return [message];
  return [
    message,
    ...where.map((place) => `  at ${plainText(place)}`),
    `  ${plainText(remedy)}`,
    ...(receipt !== undefined ? [`  to ask what became of it: spool ${plainText(receipt)}`] : []),
    ...(packetId !== undefined && !IS_GIVEN_UP.has(code) ? [`  to go on with it: --resume ${plainText(packetId)}`] : []),
    ...(idempotencyKey !== undefined && packetId === undefined && MAY_HAVE_HAPPENED.has(code) ? [`  to repeat it: --idempotency-key ${plainText(idempotencyKey)}`] : []),
    `  [${code}${requestId === "" ? "" : `, request ${plainText(requestId)}`}]`,
  ];
}

/** Failures after which the act may stand: repeated with its key it happens once. */
const MAY_HAVE_HAPPENED: ReadonlySet<string> = new Set(["connection.lost", "trail.awaiting_evidence", "service.accepted_later"]);

/** Failures after which an upload was given up: there is nothing to go on with. */
const IS_GIVEN_UP: ReadonlySet<string> = new Set(["packet.invalid", "packet.digest", "policy.denied", "packet.state"]);

function classOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error && typeof error.code === "string" && /^[A-Z0-9_]{2,40}$/.test(error.code) ? ` ${error.code}` : "";
  return `${error.name}${code}`;
}
