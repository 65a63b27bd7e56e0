import { crossingFailures } from "./crossing-failures.ts";
import type { ErrorFacts } from "./error-facts.ts";
import { inputFailures } from "./input-failures.ts";
import { operationFailures } from "./operation-failures.ts";

/**
 * The only place where a failure gets a name. Codes are stable: clients branch on them.
 * The texts hold no value of any request, so nothing in an error can leak.
 */
export const catalog = { ...crossingFailures, ...inputFailures, ...operationFailures } as const satisfies Record<string, ErrorFacts>;

/** Every failure's stable code. */
export type ErrorCode = keyof typeof catalog;

/** Whether a string is a code of the catalogue. */
export const isErrorCode = (value: unknown): value is ErrorCode => typeof value === "string" && Object.hasOwn(catalog, value);
