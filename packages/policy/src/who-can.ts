import type { CompiledPolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { stopAt } from "./locks.ts";
import {
  type Action,
  ACTIONS,
  type Assignment,
  type FieldRule,
  type GrantRule,
  type LivePrincipal,
  type Place,
  RESOURCE_TYPES,
  type ResourceType,
  siteKey,
  type SiteRef,
} from "./model.ts";
import { type Reach, reaches } from "./reach.ts";
import { coversSite, isDeploymentWide } from "./rights.ts";
import { TokenScope } from "./token-scope.ts";

/** How a right comes about: an assignment, its role, and the rule that the role has. */
export interface RightPath {
  readonly assignment: Assignment;
  readonly rule: GrantRule;
}

/** A principal who may do what was asked, with every path to it. Where each path has a condition, so has the right. */
export interface Holder {
  readonly principal: string;
  readonly fields: FieldRule;
  readonly paths: readonly RightPath[];
}

/** The way of signing in that meets every condition that there is. */
const MEETS_ALL = "passkey";

/** Everybody who may do this to that there, exactly: whom {@link decide} allows it, once every condition is met. `any` of several sites asks for at least one of them. */
export function whoCan(
  policy: CompiledPolicy,
  principals: Iterable<LivePrincipal>,
  asked: { readonly action: Action; readonly resource: ResourceType; readonly place: Place; readonly nowMs: number },
): readonly Holder[] {
  const holders: Holder[] = [];
  const scope = new TokenScope([asked.action]);
  for (const principal of principals) {
    const question = { ...asked, principal, scope, signedInBy: signedInBy(principal) };
    const decision = decide(policy, question);
    const found = reaches(policy, question);
    if (decision.effect === "deny" || typeof found === "string") continue;
    holders.push({ principal: principal.id, fields: decision.fields, paths: found.filter(({ assignment }) => reachesPlace(assignment, asked.place)) });
  }
  return holders;
}

/** One thing that a principal may do, and every path to it. */
export interface Ability {
  readonly action: Action;
  readonly resource: ResourceType;
  readonly paths: readonly RightPath[];
  /** `study/site` of the sites within a study-wide or deployment-wide path at which it is stopped now: they are locked, or closed to it. */
  readonly except: readonly string[];
}

/**
 * All that a principal may do now, once every condition is met, and where each right is held. A path to a site at which it is stopped isn't one, and of a wider
 * one the stopped sites are named; what is left nowhere isn't listed. `sites` are the registered ones.
 */
export function whatCan(policy: CompiledPolicy, principal: LivePrincipal, { sites, nowMs }: { readonly sites: readonly SiteRef[]; readonly nowMs: number }): readonly Ability[] {
  return ACTIONS.flatMap((action) => {
    const scope = new TokenScope([action]);
    return RESOURCE_TYPES.flatMap((resource) => {
      const found = reaches(policy, { principal, scope, action, resource, nowMs, signedInBy: signedInBy(principal) });
      if (typeof found === "string") return [];
      const isStopped = (site: SiteRef): boolean => stopAt(principal, { action, resource }, site) !== null;
      const paths = found.filter(({ assignment, extent }) => {
        if (extent === "deployment") return true;
        return sites.some((site) => coversSite(assignment, site, extent) && !isStopped(site));
      });
      const wide = paths.filter(({ extent }) => extent !== "site");
      const except = sites.filter((site) => isStopped(site) && wide.some(({ assignment, extent }) => coversSite(assignment, site, extent))).map(siteKey);
      return paths.length === 0 ? [] : [{ action, resource, paths: paths.map(({ assignment, rule }) => ({ assignment, rule })), except }];
    });
  });
}

const signedInBy = ({ kind }: LivePrincipal): string | null => (kind === "person" ? MEETS_ALL : null);

function reachesPlace(assignment: Reach["assignment"], place: Place): boolean {
  switch (place.kind) {
    case "deployment":
      return isDeploymentWide(assignment);
    case "one":
      return place.site !== null && coversSite(assignment, place.site);
    case "each":
    case "any":
      return place.sites.some((site) => site !== null && coversSite(assignment, site));
  }
}
