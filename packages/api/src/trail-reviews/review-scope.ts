import { decide, type Place, type SearchScope, type TrailReviewRow, TokenScope } from "@sallyport/policy";
import type { Located } from "../boundary/decide-crossing.ts";
import type { Crossing } from "../boundary/procedure.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";
import { locateSites } from "../routers/site-place.ts";

/** The one right over reviews of the trail: to open, assign, look at, decide and sign them off, each at its place. */
export const REVIEW = { action: "trail.review", resource: "trail" } as const;

type Scope = Pick<TrailReviewRow, "study" | "site" | "sites">;

/** Where a review belongs: its site, all the sites of its study, or the whole deployment. */
export const placeOfScope = ({ study, sites }: Pick<Scope, "study" | "sites">): Place => (study === "*" ? { kind: "deployment" } : { kind: "each", sites });

/** The sites of a scope as they are registered; null where there is no such study or site, or no site in it. */
export async function sitesOfScope<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, { study, site }: Pick<Scope, "study" | "site">): Promise<Scope["sites"] | null> {
  const studies = await deps.studies.all();
  if (study === "*") return site === "*" ? [] : null;
  const sites = (studies.find(({ id }) => id === study)?.sites ?? []).filter(({ id }) => site === "*" || id === site);
  return sites.length === 0 ? null : sites.map(({ id }) => ({ study, site: id }));
}

/** Where the review is that somebody names. One that isn't there is nowhere, and so ends as a foreign one does. */
export async function locateTrailReview<Tx>(deps: Pick<ApiDeps<Tx>, "trailReviews">, reviewId: string, trace: Trace): Promise<Located<null>> {
  trace.about(`trail-review/${reviewId}`);
  const scope = await deps.trailReviews.placeOf(reviewId);
  return { place: scope === null ? { kind: "one", site: null } : placeOfScope(scope), found: null };
}

/** The chains that a review looks at, as its crossing reaches them. */
export async function searchScopeOf<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, { grant, reach }: Pick<Crossing<unknown, unknown>, "grant" | "reach">): Promise<SearchScope> {
  if (grant.siteKeys().length > 0) return { grants: [grant], chains: grant.siteKeys().map((key) => `site:${key}`) };
  const { place } = await locateSites(deps, {});
  const ofSites = place.kind === "any" ? reach(REVIEW, place) : null;
  return { grants: ofSites === null ? [grant] : [grant, ofSites], chains: null };
}

/** The people who may review the trail at a place now, each once. */
export function reviewersAt<Tx>(deps: Pick<ApiDeps<Tx>, "policy" | "now">, place: Place): readonly string[] {
  const { compiled, principals } = deps.policy.current();
  const nowMs = deps.now();
  const able = [...principals.values()].filter(
    (principal) =>
      principal.kind === "person" && decide(compiled, { principal, scope: new TokenScope([REVIEW.action]), ...REVIEW, place, nowMs, signedInBy: "passkey" }).effect === "allow",
  );
  return [...new Set(able.map(({ person }) => person))];
}
