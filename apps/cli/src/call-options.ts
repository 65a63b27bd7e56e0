import type { CallContext } from "@sallyport/client";
import { type Invocation, optionText } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** Long enough for the largest packet that a procedure takes, on a small machine. */
const DEADLINE_MS = 120_000;

/** The option of every command that changes something. */
export const keyOption = { "idempotency-key": { type: "string" } } as const;

/** How the command line calls: with the key that was given, if one was. */
export function callOptions(invocation: Invocation): { readonly context: CallContext & { readonly deadlineMs: number } } {
  const idempotencyKey = optionText(invocation, "idempotency-key");
  if (idempotencyKey !== undefined && !/^[A-Za-z0-9_-]{16,64}$/.test(idempotencyKey)) throw new UsageError("--idempotency-key takes 16 to 64 letters, digits, _ and -");
  return { context: { deadlineMs: DEADLINE_MS, ...(idempotencyKey !== undefined && { idempotencyKey }) } };
}
