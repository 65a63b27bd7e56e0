import type { ReviewLine, ReviewSummary } from "@sallyport/contracts";
import { type AccessReviewRow, isPowerful, type PolicyDocument, type ReviewTally, type StandingLine } from "@sallyport/policy";
import type { z } from "zod";

type NameOf = (person: string) => string;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Who asks: whether they may decide, and when. */
export interface Asking {
  readonly person: string;
  readonly mayDecide: boolean;
  readonly nowMs: number;
  readonly nameOf: NameOf;
}

/** Whether an assignment goes on after now. */
const goesOn = ({ fromMs, nowUntilMs }: Pick<StandingLine, "fromMs" | "nowUntilMs">, nowMs: number): boolean => nowUntilMs === null || nowUntilMs > Math.max(nowMs, fromMs);

/** Whether the person may decide this line: while nothing is signed off, and it isn't their own. */
export function whyNotDecide(
  row: AccessReviewRow,
  { person }: Pick<StandingLine, "person">,
  asking: Pick<Asking, "person" | "mayDecide">,
): "own" | "signed_off" | "no_right" | null {
  if (row.signed !== null) return "signed_off";
  if (!asking.mayDecide) return "no_right";
  return person === asking.person ? "own" : null;
}

/** What keeps a review from being signed off: lines that nobody decided on, and endings that aren't carried out. */
export const openLines = (lines: readonly StandingLine[], nowMs: number): readonly StandingLine[] =>
  lines.filter((line) => line.decision === null || (line.decision.verdict === "end" && goesOn(line, nowMs)));

/** How far a review of these lines is; see {@link ReviewTally}. */
export function tallyOf(lines: readonly StandingLine[], person: string): ReviewTally {
  const undecided = lines.filter(({ decision }) => decision === null);
  return {
    lines: lines.length,
    decided: lines.length - undecided.length,
    ended: lines.filter(({ decision }) => decision?.verdict === "end").length,
    ofOthers: undecided.filter((line) => line.person !== person).length,
  };
}

export function reviewSummary(row: AccessReviewRow, { lines, decided, ended, ofOthers }: ReviewTally, asking: Asking): z.input<typeof ReviewSummary> {
  const { id, study, site, role, openedBy, openedAtMs, dueAtMs, digest, signed } = row;
  return {
    reviewId: id,
    scope: { study, site, role },
    openedBy: asking.nameOf(openedBy),
    openedAt: iso(openedAtMs),
    due: iso(dueAtMs),
    isOverdue: signed === null && dueAtMs <= asking.nowMs,
    lines,
    decided,
    ended,
    mine: signed === null && asking.mayDecide ? ofOthers : 0,
    digest,
    signedOff: signed === null ? null : { by: asking.nameOf(signed.by), at: iso(signed.atMs), digest: signed.digest },
  };
}

export function reviewLine(row: AccessReviewRow, line: StandingLine, document: PolicyDocument, asking: Asking): z.input<typeof ReviewLine> {
  const { principal, person, label, role, study, site, fromMs, untilMs, nowUntilMs, decision } = line;
  const isCarriedOut = decision?.verdict === "end" && !goesOn(line, asking.nowMs);
  const since = nowUntilMs === untilMs || isCarriedOut ? null : goesOn(line, asking.nowMs) ? "changed" : "ended";
  return {
    line: line.line,
    principal,
    personId: person.startsWith("per_") ? person : null,
    label,
    role,
    study,
    site,
    from: iso(fromMs),
    until: untilMs === null ? null : iso(untilMs),
    isPowerful: isPowerful(document, role),
    since,
    decision: decision === null ? null : { verdict: decision.verdict, by: asking.nameOf(decision.by), at: iso(decision.atMs), approvalId: decision.approval, isCarriedOut },
    whyNot: whyNotDecide(row, line, asking),
  };
}
