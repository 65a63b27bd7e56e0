import { SallyportClientError } from "@sallyport/client";
import { catalog, type ErrorCode, SallyportError } from "@sallyport/errors";
import { UsageError } from "./usage-error.ts";

/** What the command line answers to the shell. */
export const EXIT = {
  /** Done; or, for a verification, whole. */
  done: 0,
  /** Failed; or, for a verification, broken. */
  failed: 1,
  /** The command can't be understood, or there is nothing to read. */
  usage: 2,
  /** The boundary refused. */
  denied: 3,
  /** It can't be served now. */
  unavailable: 4,
  /** It was kept for later, and is not done. */
  later: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Failures of what was typed or named, beside the `input.` and `secret.` ones. */
const USAGE: ReadonlySet<ErrorCode> = new Set(["setting.invalid", "bundle.unreadable", "bundle.exists", "backup.unreadable", "backup.exists"]);

/** The failure's code in the catalogue, or `internal` for anything that isn't ours. */
const codeOfFailure = (error: unknown): ErrorCode => (error instanceof SallyportClientError || error instanceof SallyportError ? error.code : "internal");

/** The exit code that a failure ends in. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  const code = codeOfFailure(error);
  const { outcome, status } = catalog[code];
  if (outcome === "denied") return EXIT.denied;
  if (code === "service.accepted_later") return EXIT.later;
  if (status === 503 || status === 429) return EXIT.unavailable;
  if (code === "input.idempotency_reused") return EXIT.failed;
  return code.startsWith("input.") || code.startsWith("secret.") || USAGE.has(code) ? EXIT.usage : EXIT.failed;
}
