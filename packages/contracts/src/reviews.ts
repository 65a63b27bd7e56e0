import { z } from "zod";
import { ApprovalId } from "./approvals.ts";
import { PrincipalId } from "./assignments.ts";
import { Done, PersonId } from "./people.ts";
import { Count, Hex64, IsoTime, Reason, RoleName, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

export const ReviewId = z.string().regex(/^arv_[0-9a-hjkmnp-tv-z]{26}$/);
const Any = z.literal("*");

/** Whose assignments are looked at: those that reach this place, of this role; `*` for any. A site needs its study (else `input.invalid`). */
export const ReviewScope = z.strictObject({ study: z.union([Any, StudyId]), site: z.union([Any, SiteId]), role: z.union([Any, RoleName]) });

export const OpenReviewInput = strict({ ...ReviewScope.shape, due: IsoTime, reason: Reason });

export const ReviewSummary = z.strictObject({
  reviewId: ReviewId,
  scope: ReviewScope,
  openedBy: z.string(),
  openedAt: IsoTime,
  due: IsoTime,
  isOverdue: z.boolean(),
  lines: Count,
  decided: Count,
  ended: Count,
  /** How many of the undecided lines the caller may decide: none of their own. */
  mine: Count,
  /** SHA-256 of the lines as they were when it was opened. */
  digest: Hex64,
  /** `digest` of the sign-off is over that and every decision. */
  signedOff: z.strictObject({ by: z.string(), at: IsoTime, digest: Hex64 }).nullable(),
});
export const OpenReviewOutput = strict({ review: ReviewSummary });

export const ListReviewsInput = strict({});
/** The newest hundred. */
export const ListReviewsOutput = strict({ reviews: z.array(ReviewSummary) });

export const ReviewLine = z.strictObject({
  line: Count,
  principal: PrincipalId,
  /** Null for a service. */
  personId: PersonId.nullable(),
  label: z.string(),
  role: RoleName,
  study: z.string(),
  site: z.string(),
  from: IsoTime,
  until: IsoTime.nullable(),
  isPowerful: z.boolean(),
  /** What has become of it since the review was opened, otherwise than by this review; null where it is as it was. */
  since: z.enum(["ended", "changed"]).nullable(),
  decision: z.strictObject({ verdict: z.enum(["keep", "end"]), by: z.string(), at: IsoTime, approvalId: ApprovalId.nullable(), isCarriedOut: z.boolean() }).nullable(),
  /** Why the caller can't decide it; null where they can. */
  whyNot: z.enum(["own", "signed_off", "no_right"]).nullable(),
});

export const GetReviewInput = strict({ reviewId: ReviewId });
export const GetReviewOutput = strict({ review: ReviewSummary, reason: z.string(), items: z.array(ReviewLine), maySignOff: z.boolean() });

/**
 * One line's decision; the last one counts until the sign-off. `end` carries the ending out, as `assignments.end` does. What makes an administrator is ended by an
 * approval: `approval.required` without `approvalId`, which names a request for ending exactly this (`approvals.requestAssignmentEnd`).
 */
export const DecideReviewLineInput = strict({ reviewId: ReviewId, line: z.int().min(1), verdict: z.enum(["keep", "end"]), reason: Reason, approvalId: ApprovalId.optional() });
export const DecideReviewLineOutput = strict({ done: Done.shape.done });

/** Signs a review off in which every line is decided and every ending is carried out (else `review.open`). Nothing about it changes any more. */
export const SignOffReviewInput = strict({ reviewId: ReviewId, reason: Reason });
export const SignOffReviewOutput = strict({ digest: Hex64, evidence: z.array(Evidence) });

export const ExportReviewInput = strict({ reviewId: ReviewId });
/** A CSV of a review that is signed off (else `review.open`). */
export const ExportReviewOutput = strict({ csv: z.string(), digest: Hex64 });
