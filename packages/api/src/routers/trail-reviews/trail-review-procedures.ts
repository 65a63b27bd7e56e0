import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { assignTrailReview } from "./assign-trail-review.ts";
import { commentTrailItem, decideTrailItem } from "./decide-trail-item.ts";
import { openTrailReview } from "./open-trail-review.ts";
import { getTrailReview, listTrailReviews, trailReviewEntries } from "./read-trail-reviews.ts";
import { signOffTrailReview } from "./sign-off-trail-review.ts";

/** The trail looked at by risk, by somebody who performed none of it. */
export const trailReviewProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  open: openTrailReview(boundary, deps),
  list: listTrailReviews(boundary, deps),
  get: getTrailReview(boundary, deps),
  entries: trailReviewEntries(boundary, deps),
  assign: assignTrailReview(boundary, deps),
  decide: decideTrailItem(boundary, deps),
  comment: commentTrailItem(boundary, deps),
  signOff: signOffTrailReview(boundary, deps),
});
