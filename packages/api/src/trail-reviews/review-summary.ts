import type { Evidence, TrailReviewItem, TrailReviewSummary } from "@sallyport/contracts";
import type { StandingItem, TrailReviewEntry, TrailReviewRow } from "@sallyport/policy";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import type { z } from "zod";
import { type Names, summaryOf } from "../crossings/crossing-summary.ts";
import type { EvidenceItem } from "../evidence-port.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** Who looks at it, and when. */
export interface Looking {
  readonly person: string;
  readonly nowMs: number;
  readonly nameOf: (person: string) => string;
}

/** Whether somebody did one of the things that a review is about: by person, whatever their account. */
export const hasPerformed = (items: readonly Pick<StandingItem, "person">[], person: string): boolean => items.some((item) => item.person === person);

/** Why a person may not say anything of a review's items. */
export function whyNotReview(
  { signed, reviewer }: TrailReviewRow,
  items: readonly Pick<StandingItem, "person">[],
  person: string,
): "signed_off" | "performed" | "not_assigned" | null {
  if (signed !== null) return "signed_off";
  if (hasPerformed(items, person)) return "performed";
  return reviewer?.person === person ? null : "not_assigned";
}

export function trailReviewSummary(row: TrailReviewRow, { person, nowMs, nameOf }: Looking): z.input<typeof TrailReviewSummary> {
  const { id, study, site, fromMs, untilMs, risks, workFrom, workUntil, openedBy, openedAtMs, dueAtMs, reviewer, items, decided, findings, digest, signed } = row;
  return {
    reviewId: id,
    scope: { study, site },
    from: iso(fromMs),
    until: iso(untilMs),
    risks: [...risks],
    workingHours: { from: workFrom, until: workUntil },
    openedBy: nameOf(openedBy),
    openedAt: iso(openedAtMs),
    due: iso(dueAtMs),
    isOverdue: signed === null && dueAtMs <= nowMs,
    reviewer: reviewer === null ? null : { personId: reviewer.person, name: nameOf(reviewer.person) },
    isMine: reviewer?.person === person,
    items,
    decided,
    findings,
    digest,
    signedOff: signed === null ? null : { by: nameOf(signed.by), at: iso(signed.atMs), digest: signed.digest, against: JSON.parse(signed.cited) as z.input<typeof Evidence>[] },
  };
}

export function trailReviewItem(row: StandingItem, names: Names, nameOf: (person: string) => string): z.input<typeof TrailReviewItem> {
  const { item, risks, burst, lastMs, verdict, entries } = row;
  const { workload: _workload, requestId: _requestId, ...crossing } = summaryOf({ ...row, workload: "", requestId: "" }, names);
  return {
    item,
    crossing,
    risks: [...risks],
    burst: risks.includes("denied_burst") ? { denials: burst, until: iso(lastMs) } : null,
    verdict: verdict === null ? null : { kind: verdict.kind, by: nameOf(verdict.by), at: iso(verdict.atMs) },
    entries,
  };
}

/** Over the selection, the checkpoints that were cited, and everything that was said, by whom and when, with the commitment to each text. */
export const decisionsDigest = (selection: string, cited: readonly EvidenceItem[], entries: readonly TrailReviewEntry[]): string =>
  sha256Hex(
    canonicalJson([
      "sallyport/trail-review-result/v1",
      selection,
      cited.map(({ chain, generation, size, root }) => [chain, generation, size, root]),
      ...entries.map(({ item, n, kind, by, atMs, text }) => [item, n, kind, by, atMs, text?.commitment ?? "-"]),
    ]),
  );
