import { z } from "zod";
import { CrossingSummary, RecordPlace } from "./crossings.ts";
import { Done, PersonId } from "./people.ts";
import { Count, Hex64, IsoTime, Reason, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

export const TrailReviewId = z.string().regex(/^atr_[0-9a-hjkmnp-tv-z]{26}$/);

/**
 * What a review looks for, by fixed rules (ADR 0046): changes of who may do what; fields that were revealed outside working hours; at least five denials of one
 * principal within ten minutes; access in an emergency; and choices of "other" from a closed list.
 */
export const TrailRisk = z.enum(["privilege", "reveal_hours", "denied_burst", "emergency", "reason_other"]);

const Any = z.literal("*");
const Hour = z.int().min(0).max(23);
/** Hours, UTC, of Monday to Friday: `until` before `from` is over midnight, and the same hour is the whole day. Everything else is out of hours. */
const WorkingHours = z.strictObject({ from: Hour, until: Hour });

const Scope = { study: z.union([Any, StudyId]), site: z.union([Any, SiteId]) };

/** A site, a study (`site: "*"`), or the whole deployment with `system` (both `*`). The period is over: it ends ten seconds ago at the latest. */
export const OpenTrailReviewInput = strict({
  ...Scope,
  /** Inclusive. */
  from: IsoTime,
  /** Exclusive. */
  until: IsoTime,
  risks: z.array(TrailRisk).min(1).max(5),
  workingHours: WorkingHours,
  due: IsoTime,
  reason: Reason,
});

const Somebody = z.strictObject({ personId: PersonId, name: z.string() });

export const TrailReviewSummary = z.strictObject({
  reviewId: TrailReviewId,
  scope: z.strictObject(Scope),
  from: IsoTime,
  until: IsoTime,
  risks: z.array(TrailRisk),
  workingHours: WorkingHours,
  openedBy: z.string(),
  openedAt: IsoTime,
  due: IsoTime,
  isOverdue: z.boolean(),
  reviewer: Somebody.nullable(),
  /** Whether the caller is its reviewer. */
  isMine: z.boolean(),
  items: Count,
  decided: Count,
  findings: Count,
  /** SHA-256 over what was asked for and the place, MAC and risks of each item: the same selection made again has the same. */
  digest: Hex64,
  /** `digest` is over that, everything that was said, and `against`: the checkpoints that it was signed off against. */
  signedOff: z.strictObject({ by: z.string(), at: IsoTime, digest: Hex64, against: z.array(Evidence) }).nullable(),
});
export const OpenTrailReviewOutput = strict({ review: TrailReviewSummary });

export const ListTrailReviewsInput = strict({});
/** Those that aren't signed off before the others, each newest first; two hundred. */
export const ListTrailReviewsOutput = strict({
  reviews: z.array(TrailReviewSummary),
  /** Where the caller may open one: sites of studies, and `*`/`*` for the deployment. */
  places: z.array(z.strictObject(Scope)),
});

const Verdict = z.enum(["ok", "finding"]);

export const TrailReviewItem = z.strictObject({
  item: Count,
  crossing: CrossingSummary.omit({ workload: true, requestId: true }),
  risks: z.array(TrailRisk),
  /** How many denials the burst has that begins here, and when the last was; null for what isn't one. */
  burst: z.strictObject({ denials: Count, until: IsoTime }).nullable(),
  verdict: z.strictObject({ kind: Verdict, by: z.string(), at: IsoTime }).nullable(),
  /** How much was said of it: verdicts and comments. */
  entries: Count,
});

export const GetTrailReviewInput = strict({ reviewId: TrailReviewId });
export const GetTrailReviewOutput = strict({
  review: TrailReviewSummary,
  reason: z.string(),
  signOffReason: z.string().nullable(),
  items: z.array(TrailReviewItem),
  /** Why the caller can't decide: it is signed off, is assigned to somebody else, or has something in it that they did. */
  whyNot: z.enum(["signed_off", "not_assigned", "performed"]).nullable(),
  maySignOff: z.boolean(),
  /** Who may review what this looked at; `hasPerformed` can't be its reviewer. */
  candidates: z.array(z.strictObject({ ...Somebody.shape, hasPerformed: z.boolean() })),
});

/** Gives it to somebody who may review the trail of that place and performed none of what is in it (else `policy.separation`). */
export const AssignTrailReviewInput = strict({ reviewId: TrailReviewId, personId: PersonId });
export const AssignTrailReviewOutput = strict({ done: Done.shape.done });

const ItemNumber = z.int().min(1).max(1000);
/** What a reviewer writes of an item; it is stored sealed. */
const Comment = Reason;

export const TrailReviewEntriesInput = strict({ reviewId: TrailReviewId, item: ItemNumber });
/** Everything that was said of one item, in its order. */
export const TrailReviewEntriesOutput = strict({
  place: RecordPlace,
  entries: z.array(z.strictObject({ n: Count, kind: z.enum(["ok", "finding", "comment"]), by: z.string(), at: IsoTime, text: z.string().nullable() })),
});

/** A verdict needs its reviewer; the last one counts until the sign-off. A finding needs a comment (else `input.invalid`). */
export const DecideTrailItemInput = strict({ reviewId: TrailReviewId, item: ItemNumber, verdict: Verdict, comment: Comment.optional() });
export const DecideTrailItemOutput = strict({ done: Done.shape.done });

export const CommentTrailItemInput = strict({ reviewId: TrailReviewId, item: ItemNumber, comment: Comment });
export const CommentTrailItemOutput = strict({ done: Done.shape.done });

/**
 * Signs off a review in which every item is decided (else `trailreview.open`) and whose selection, made again, is the same (else `trailreview.changed`).
 * Nothing about it changes any more.
 */
export const SignOffTrailReviewInput = strict({ reviewId: TrailReviewId, reason: Reason });
export const SignOffTrailReviewOutput = strict({ digest: Hex64, evidence: z.array(Evidence) });
