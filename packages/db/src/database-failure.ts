import { type ErrorCode, SallyportError } from "@sallyport/errors";

/** SQLSTATE of an error of the driver or the server, or `-`. Nothing else of it is ever passed on: DETAIL quotes values. */
function sqlStateOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z0-9_]{2,40}$/.test(code) ? code : "-";
}

/** Classes and codes that say "not now" (PostgreSQL, appendix A): nothing is wrong with the statement. */
const PASSING = /^(08...|25006|28...|3D000|40...|53...|55P03|57...|58...|XX...|E[A-Z]+|CONNECT.*|CONNECTION_.*)$/;

/**
 * Turns whatever the driver threw into one of our failures; our own pass through unchanged.
 *
 * @param unavailable - The code for "not now".
 */
export function failureOf(error: unknown, unavailable: ErrorCode = "service.unavailable"): SallyportError {
  if (error instanceof SallyportError) return error;
  const sqlstate = sqlStateOf(error);
  if (PASSING.test(sqlstate)) return new SallyportError(unavailable, { sqlstate });
  // Row security or a missing right refused it: whatever was attempted lies outside the grant.
  if (sqlstate === "42501") return new SallyportError("policy.denied", { sqlstate });
  return new SallyportError("internal", { sqlstate });
}

/** Whether one of our failures was this SQLSTATE. */
export const isSqlState = (error: unknown, ...states: readonly string[]): boolean =>
  error instanceof SallyportError && typeof error.context["sqlstate"] === "string" && states.includes(error.context["sqlstate"]);

/** Whether the server refused the statement itself and lives on: then nothing of it was committed. Classes 08, 57P and XX are about the session. */
export const isStatementError = (error: SallyportError): boolean => {
  const state = error.context["sqlstate"];
  return typeof state === "string" && /^(?!08|57P|XX|40003)[0-9A-Z]{5}$/.test(state);
};
