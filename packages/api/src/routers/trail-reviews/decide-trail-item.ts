import { CommentTrailItemInput, CommentTrailItemOutput, DecideTrailItemInput, DecideTrailItemOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { StandingItem, TrailReviewEntry, TrailReviewRow } from "@sallyport/policy";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { type SealedReason, sealReason } from "../../sealed-reason.ts";
import { locateTrailReview, REVIEW } from "../../trail-reviews/review-scope.ts";
import { whyNotReview } from "../../trail-reviews/review-summary.ts";
import { ownSession } from "../me/own-place.ts";

const REFUSED = { signed_off: "trailreview.signed", performed: "policy.separation", not_assigned: "trailreview.not_assigned" } as const;

/** Throws what keeps a person from saying anything of a review. */
export function assertReviewer(found: { readonly row: TrailReviewRow; readonly items: readonly StandingItem[] } | null, person: string): asserts found {
  if (found === null) throw new SallyportError("policy.denied");
  const whyNot = whyNotReview(found.row, found.items, person);
  if (whyNot !== null) throw new SallyportError(REFUSED[whyNot], whyNot === "performed" ? {} : { review: found.row.id });
}

/** What may be said of one item: as much as the schema keeps. */
const ENTRIES_MAX = 100;

type Entering = Crossing<{ readonly reviewId: string; readonly item: number }, null>;

/** What is said of an item, before keys and transaction: by its reviewer, with its text sealed. */
async function prepared<Tx>(
  deps: ApiDeps<Tx>,
  { input, grant, session, trace }: Entering,
  kind: TrailReviewEntry["kind"],
  comment: string | undefined,
): Promise<SealedReason | null> {
  ownSession(session);
  assertReviewer(await deps.trailReviews.get(grant, input.reviewId), grant.person);
  const text = comment === undefined ? null : sealReason((await deps.referenceKeys()).change, grant, comment);
  trace.note({ item: input.item, said: kind, ...(text !== null && { commitment: text.commitment }) });
  return text;
}

/** Adds it, once more after everything that could have changed since. */
async function enter<Tx>(deps: ApiDeps<Tx>, tx: Tx, { input: { reviewId, item }, grant, trace }: Entering, kind: TrailReviewEntry["kind"], text: SealedReason | null) {
  const found = await deps.trailReviews.lock(tx, grant, reviewId);
  assertReviewer(found, grant.person);
  const about = found.items.find((each) => each.item === item);
  if (about === undefined) throw new SallyportError("policy.denied");
  if (about.entries >= ENTRIES_MAX) throw new SallyportError("trailreview.full");
  if (text !== null) await deps.changes.insert(tx, text);
  await deps.trailReviews.enter(tx, reviewId, { item, kind, by: grant.person, principal: grant.principal, text: text?.id ?? null, atMs: deps.now() });
  trace.note({ chain: about.chain, generation: about.generation, seq: about.seq, mac: about.mac });
  return { done: true as const };
}

/** Says that one item is in order, or that it is a finding, and why. The last word counts until the sign-off; all of them stay. */
export const decideTrailItem = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...REVIEW, input: DecideTrailItemInput, output: DecideTrailItemOutput, locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace) },
    {
      prepare: async (crossing) => {
        const { verdict, comment } = crossing.input;
        if (verdict === "finding" && comment === undefined) throw new SallyportError("input.invalid", { where: ["comment: a finding says what it is"] });
        return prepared(deps, crossing, verdict, comment);
      },
      commit: (tx, crossing, text) => enter(deps, tx, crossing, crossing.input.verdict, text),
    },
  );

/** Adds a comment to one item. */
export const commentTrailItem = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...REVIEW, input: CommentTrailItemInput, output: CommentTrailItemOutput, locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace) },
    {
      prepare: (crossing) => prepared(deps, crossing, "comment", crossing.input.comment),
      commit: (tx, crossing, text) => enter(deps, tx, crossing, "comment", text),
    },
  );
