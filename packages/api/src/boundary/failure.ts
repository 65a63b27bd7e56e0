import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

const SAFE_PATH = /^[A-Za-z0-9_]{1,40}$/;

/** Where in the input the fault is: paths of our own schema's names, never a value and never a key that the caller made up. */
const pathsOf = (error: ZodError): readonly string[] =>
  error.issues.slice(0, 20).map(({ path, code }) => `${path.filter((part) => SAFE_PATH.test(String(part))).join(".") || "input"}: ${code}`);

/** What a procedure's own schema says against an input. */
export const invalidInput = (error: ZodError): SallyportError => new SallyportError("input.invalid", { where: pathsOf(error) });

/** Anything that a crossing threw, as one failure of the catalogue. What isn't ours becomes `internal`; its text stays here. */
export function failureOf(error: unknown): SallyportError {
  if (error instanceof SallyportError) return error;
  if (error instanceof TRPCError) {
    if (error.cause instanceof SallyportError) return error.cause;
    if (error.code === "BAD_REQUEST" && error.cause instanceof ZodError) return invalidInput(error.cause);
    if (error.code === "NOT_FOUND") return new SallyportError("input.not_found");
    return new SallyportError("internal", {}, error.cause ?? error);
  }
  return new SallyportError("internal", {}, error);
}

/** tRPC's envelope for a failure; only its cause is ever looked at. */
export const wrapped = (failure: SallyportError): TRPCError => new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: failure.code, cause: failure });

/** How a failure stands in the trail: a value that didn't authenticate is a denial, as is what the caller may not or can't ask. */
export function recordedAs(code: ErrorCode): "deny" | "error" {
  const { outcome } = new SallyportError(code).facts;
  return outcome === "failed" ? "error" : "deny";
}
