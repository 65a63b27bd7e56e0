import { GetTrailReviewInput, GetTrailReviewOutput, ListTrailReviewsInput, ListTrailReviewsOutput, TrailReviewEntriesInput, TrailReviewEntriesOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { locateEverywhere } from "../../crossings/crossing-scope.ts";
import { printedNames } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";
import { locateTrailReview, placeOfScope, REVIEW, reviewersAt } from "../../trail-reviews/review-scope.ts";
import { hasPerformed, trailReviewItem, trailReviewSummary, whyNotReview } from "../../trail-reviews/review-summary.ts";

const SHOWN = 200;

/** What the caller may review, as grants: their sites, and the deployment where that is theirs too. */
function reviewGrants({ grant, reach }: Pick<Crossing<unknown, unknown>, "grant" | "reach">): readonly Grant[] {
  const overall = grant.siteKeys().length === 0 ? null : reach(REVIEW, { kind: "deployment" });
  return overall === null ? [grant] : [grant, overall];
}

/** Where a review may be opened: each site, each study whose sites are all there, and the deployment. */
async function placesOf<Tx>(deps: ApiDeps<Tx>, grants: readonly Grant[]): Promise<readonly { readonly study: string; readonly site: string }[]> {
  const studies = await deps.studies.all();
  const covers = (study: string, site: string): boolean => grants.some((grant) => grant.covers({ study, site }));
  const isOverall = grants.some((grant) => grant.siteKeys().length === 0);
  return [
    ...(isOverall ? [{ study: "*", site: "*" }] : []),
    ...studies.flatMap(({ id, sites }) => {
      const reached = sites.filter((site) => covers(id, site.id));
      const isWhole = reached.length > 1 && reached.length === sites.length;
      return [...(isWhole ? [{ study: id, site: "*" }] : []), ...reached.map((site) => ({ study: id, site: site.id }))];
    }),
  ];
}

/** Reviews of the trail that the caller may look at, with how far they are. */
export const listTrailReviews = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      ...REVIEW,
      input: ListTrailReviewsInput,
      output: ListTrailReviewsOutput,
      whenFrozen: "serve",
      locate: (_input, _trace, reach) => locateEverywhere(deps, REVIEW, reach),
    },
    async (crossing) => {
      const grants = reviewGrants(crossing);
      const [rows, nameOf, places] = await Promise.all([deps.trailReviews.list(grants, SHOWN), printedNames(deps), placesOf(deps, grants)]);
      crossing.trace.note({ shown: rows.length });
      const looking = { person: crossing.grant.person, nowMs: deps.now(), nameOf };
      return { reviews: rows.map((row) => trailReviewSummary(row, looking)), places: [...places] };
    },
  );

/** One review with all its items, and what was said of each last. */
export const getTrailReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      ...REVIEW,
      input: GetTrailReviewInput,
      output: GetTrailReviewOutput,
      whenFrozen: "serve",
      locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace),
    },
    async ({ input, grant, session, trace }) => {
      const found = await deps.trailReviews.get(grant, input.reviewId);
      if (found === null) throw new SallyportError("policy.denied");
      const { row, items } = found;
      const [sealed, { change }, names, nameOf] = await Promise.all([deps.trailReviews.sealed(grant, row.id), deps.referenceKeys(), deps.names(), printedNames(deps)]);
      const [reason = "", signOffReason = null] = sealed.map((each) => openReason(change, grant, each));
      const whyNot = session === null ? "not_assigned" : whyNotReview(row, items, grant.person);
      const reviewers = row.signed === null ? reviewersAt(deps, placeOfScope(row)) : [];
      trace.note({ shown: items.length });
      return {
        review: trailReviewSummary(row, { person: grant.person, nowMs: deps.now(), nameOf }),
        reason,
        signOffReason,
        items: items.map((item) => trailReviewItem(item, names, nameOf)),
        whyNot,
        maySignOff: whyNot === null && row.decided === row.items,
        candidates: reviewers.map((person) => ({ personId: person, name: nameOf(person), hasPerformed: hasPerformed(items, person) })),
      };
    },
  );

/** Everything that was said of one item, opened. */
export const trailReviewEntries = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      ...REVIEW,
      input: TrailReviewEntriesInput,
      output: TrailReviewEntriesOutput,
      whenFrozen: "serve",
      locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace),
    },
    async ({ input, grant, trace }) => {
      const found = await deps.trailReviews.get(grant, input.reviewId);
      const item = found?.items.find((each) => each.item === input.item);
      if (item === undefined) throw new SallyportError("policy.denied");
      const [entries, { change }, nameOf] = await Promise.all([deps.trailReviews.entries(grant, input.reviewId, input.item), deps.referenceKeys(), printedNames(deps)]);
      trace.note({ item: input.item, shown: entries.length });
      return {
        place: { chain: item.chain, generation: item.generation, seq: item.seq },
        entries: entries.map(({ n, kind, by, atMs, text }) => ({
          n,
          kind,
          by: nameOf(by),
          at: new Date(atMs).toISOString(),
          text: text === null ? null : openReason(change, grant, text),
        })),
      };
    },
  );
