import { type ErrorContext, SallyportError } from "@sallyport/errors";

/** What of a failure's context is shown: names, places and reasons of ours. Anything else stays unsaid. */
const SHOWN: readonly string[] = ["process", "setting", "secret", "file", "port", "pid", "step", "reason", "why", "found", "expected", "migration"];

/**
 * One failure for the operator's terminal: what is wrong, where, and what to do; then its code. Of an error that isn't
 * ours only the class is said, because its message can hold anything.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof SallyportError)) return `Something failed on our side (${error instanceof Error ? `${error.name}${codeOfSystem(error)}` : "unknown"}). [internal]`;
  const facts = SHOWN.filter((key) => error.context[key] !== undefined).map(
    (key) => `${key === "reason" || key === "why" || key === "setting" ? "" : `${key} `}${String(error.context[key])}`,
  );
  const { message } = error.facts;
  return `${facts.length > 0 ? `${facts.join(", ")}: ` : ""}${message} ${remedyOf(error.context) ?? error.facts.remedy} [${error.code}]`;
}

function remedyOf(context: ErrorContext): string | null {
  const remedy = context["remedy"];
  if (typeof remedy !== "string" || remedy === "") return null;
  return `${remedy[0]?.toUpperCase() ?? ""}${remedy.slice(1)}${/[.?]$/.test(remedy) ? "" : "."}`;
}

function codeOfSystem(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" && /^[A-Z0-9_]{2,40}$/.test(code) ? ` ${code}` : "";
}
