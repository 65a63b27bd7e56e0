/** Which of the boundary's controls a failure belongs to (DESIGN, the five pillars, and what stands around them). */
export type Pillar = "workload" | "principal" | "policy" | "phi" | "trail" | "input" | "service";

/** What a failure is to the trail: a refusal of the caller, a refusal of the input, or a failure of ours. */
export type Outcome = "denied" | "rejected" | "failed";

/** The facts of one failure. `status` is the HTTP status; `remedy` is what a person should do next. */
export interface ErrorFacts {
  readonly status: 202 | 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly pillar: Pillar;
  readonly outcome: Outcome;
  /** Whether the same call, with the same idempotency key, may succeed later without a change. */
  readonly retry: boolean;
  /** What happened and whether anything changed, for people. */
  readonly message: string;
  /** What to do next, for people. */
  readonly remedy: string;
}

export const denied = (status: 401 | 403, pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status,
  pillar,
  outcome: "denied",
  retry: false,
  message,
  remedy,
});
export const rejected = (status: ErrorFacts["status"], message: string, remedy: string): ErrorFacts => ({
  status,
  pillar: "input",
  outcome: "rejected",
  retry: false,
  message,
  remedy,
});
export const unavailable = (pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status: 503,
  pillar,
  outcome: "failed",
  retry: true,
  message,
  remedy,
});
export const stopped = (message: string): ErrorFacts => ({ ...unavailable("trail", message, "Two people have to end the incident."), retry: false });
export const failed = (pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status: 500,
  pillar,
  outcome: "failed",
  retry: false,
  message,
  remedy,
});

export const RENEW = "Ask for a new token with the certificate that you call with, then repeat the request.";
export const RETRY = "Nothing was changed. Repeat the request with the same idempotency key in a few seconds.";
export const ASK = "Ask a security administrator whether your role and sites should cover this.";
