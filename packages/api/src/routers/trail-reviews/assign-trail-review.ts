import { AssignTrailReviewInput, AssignTrailReviewOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateTrailReview, placeOfScope, REVIEW, reviewersAt } from "../../trail-reviews/review-scope.ts";
import { hasPerformed } from "../../trail-reviews/review-summary.ts";
import { ownSession } from "../me/own-place.ts";

/** Gives a review to somebody who may review there and performed none of it; whoever had it before has it no more. */
export const assignTrailReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...REVIEW, input: AssignTrailReviewInput, output: AssignTrailReviewOutput, locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace) },
    {
      prepare: async ({ input: { reviewId, personId }, grant, session, trace }) => {
        ownSession(session);
        const found = await deps.trailReviews.get(grant, reviewId);
        if (found === null || !reviewersAt(deps, placeOfScope(found.row)).includes(personId)) throw new SallyportError("policy.denied");
        if (hasPerformed(found.items, personId)) throw new SallyportError("policy.separation");
        trace.note({ to: personId });
      },
      commit: async (tx, { input: { reviewId, personId }, grant, trace }) => {
        const found = await deps.trailReviews.lock(tx, grant, reviewId);
        if (found === null) throw new SallyportError("policy.denied");
        const { row, items } = found;
        if (row.signed !== null) throw new SallyportError("trailreview.signed", { review: reviewId });
        if (hasPerformed(items, personId)) throw new SallyportError("policy.separation");
        await deps.trailReviews.assign(tx, reviewId, { person: personId, by: grant.person, atMs: deps.now() });
        trace.note({ before: row.reviewer?.person ?? "none" });
        return { done: true as const };
      },
    },
  );
