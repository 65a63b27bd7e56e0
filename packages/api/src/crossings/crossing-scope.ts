import type { CrossingFilter } from "@sallyport/contracts";
import type { Action, Place } from "@sallyport/policy";
import type { Located } from "../boundary/decide-crossing.ts";
import type { Crossing } from "../boundary/procedure.ts";
import type { Reach } from "../boundary/still-live.ts";
import type { ApiDeps } from "../ports.ts";
import { allSites, locateSites } from "../routers/site-place.ts";
import { placeOfChain, siteOfChain } from "../routers/trail/chain-place.ts";
import type { SearchConditions, SearchScope } from "@sallyport/policy";

/** An act on the trail. */
type TrailAction = Extract<Action, `trail.${string}`>;
const DEPLOYMENT: Place = { kind: "deployment" };

/** The act as {@link Reach} asks for it. */
const onTrail = (action: TrailAction) => ({ action, resource: "trail" }) as const;

/** Every registered site. Where none is registered yet, the deployment itself, for those who hold a right over it. */
export async function locateEverywhere<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, rule: Parameters<Reach>[0], reach: Reach): Promise<Located<null>> {
  const located = await locateSites(deps, {});
  const isEmpty = located.place.kind === "any" && located.place.sites.length === 0;
  return isEmpty && reach(rule, DEPLOYMENT) !== null ? { place: DEPLOYMENT, found: null } : located;
}

/** Where the crossings of a filter belong. A chain or a site that is not there is located as one that isn't the caller's: nowhere. */
export async function locateCrossings<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, action: TrailAction, filter: CrossingFilter, reach: Reach): Promise<Located<null>> {
  const { chain, study, site } = filter;
  if (chain !== undefined) return { place: await placeOfChain(deps, chain), found: null };
  if (study !== undefined || site !== undefined) return locateSites(deps, { study, site });
  return locateEverywhere(deps, onTrail(action), reach);
}

/**
 * What a crossing may search: the chains of its grant's sites, and all chains with `system` for a role over the deployment, where the
 * filter doesn't narrow that.
 */
export function scopeOf({ grant, reach }: Pick<Crossing<unknown, unknown>, "grant" | "reach">, action: TrailAction, filter: CrossingFilter): SearchScope {
  const { chain, study, site } = filter;
  const ofSites = grant.siteKeys().map((key) => `site:${key}`);
  if (chain !== undefined) {
    const at = siteOfChain(chain);
    const isWithin = (study === undefined || at?.study === study) && (site === undefined || at?.site === site);
    return { grants: [grant], chains: isWithin ? [chain] : [] };
  }
  if (study !== undefined || site !== undefined) return { grants: [grant], chains: ofSites };
  if (grant.siteKeys().length === 0) return { grants: [grant], chains: null };
  const overall = reach(onTrail(action), DEPLOYMENT);
  return overall === null ? { grants: [grant], chains: ofSites } : { grants: [grant, overall], chains: null };
}

/** What of the trail the caller may see, asked once for a crossing; null where nothing. */
export async function trailScopeOf<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, { reach }: Pick<Crossing<unknown, unknown>, "reach">): Promise<SearchScope | null> {
  const sites = await allSites(deps);
  const ofSites = reach(onTrail("trail.read"), { kind: "any", sites });
  const overall = reach(onTrail("trail.read"), DEPLOYMENT);
  const grants = [ofSites, overall].filter((grant) => grant !== null);
  if (grants.length === 0) return null;
  return { grants, chains: overall === null && ofSites !== null ? ofSites.siteKeys().map((key) => `site:${key}`) : null };
}

/** A filter's conditions on each record, beside its chain. */
export function conditionsOf({ principal, workload, action, resource, reason, requestId, outcome, from, until }: CrossingFilter): SearchConditions {
  return {
    principal,
    workload,
    action,
    resource,
    reason,
    requestId,
    outcome,
    fromMs: from === undefined ? undefined : Date.parse(from),
    untilMs: until === undefined ? undefined : Date.parse(until),
  };
}
