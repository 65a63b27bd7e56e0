import { SallyportError } from "@sallyport/errors";
import type { Assignment } from "@sallyport/policy";

/** An assignment as it is asked for: without a beginning it begins when it is made. */
export interface Wanted extends Pick<Assignment, "role" | "study" | "site"> {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** What a clock at the other end may be behind. */
const TOLERANCE_MS = 60_000;

/**
 * The assignment that it comes to now.
 *
 * @throws SallyportError `input.invalid` for an end at or before the beginning, and for a beginning that is over: nobody held a role in the past.
 */
export function wantedAt({ role, study, site, from, until }: Wanted, nowMs: number): Assignment {
  const askedMs = from === undefined ? nowMs : Date.parse(from);
  if (askedMs < nowMs - TOLERANCE_MS) throw new SallyportError("input.invalid", { where: ["from: in the past"] });
  const fromMs = Math.max(askedMs, nowMs);
  const untilMs = until === undefined ? null : Date.parse(until);
  if (untilMs !== null && untilMs <= fromMs) throw new SallyportError("input.invalid", { where: ["until: not after the beginning"] });
  return { role, study, site, fromMs, untilMs };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** What a record says of an assignment. */
export const assignmentDetail = ({ role, study, site, fromMs, untilMs }: Assignment) => ({
  role,
  at: `${study}/${site}`,
  from: iso(fromMs),
  until: untilMs === null ? "none" : iso(untilMs),
});
