import type { CompiledPolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { type Action, ACTIONS, type Assignment, type FieldRule, type GrantRule, type LivePrincipal, type Place, RESOURCE_TYPES, type ResourceType } from "./model.ts";
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
}

/** All that a principal may do, once every condition is met, and where each right is held. */
export function whatCan(policy: CompiledPolicy, principal: LivePrincipal, nowMs: number): readonly Ability[] {
  return ACTIONS.flatMap((action) => {
    const scope = new TokenScope([action]);
    return RESOURCE_TYPES.flatMap((resource) => {
      const found = reaches(policy, { principal, scope, action, resource, nowMs, signedInBy: signedInBy(principal) });
      return typeof found === "string" ? [] : [{ action, resource, paths: [...found] }];
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
