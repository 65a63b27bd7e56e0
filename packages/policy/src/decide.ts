import type { CompiledPolicy } from "./compile.ts";
import { Denial } from "./denial.ts";
import { decideByEmergency } from "./emergency.ts";
import { meetFields, NO_FIELDS } from "./field-rule.ts";
import type { Decision, FieldRule, Place, Question, SiteRef } from "./model.ts";
import { coversSite, isDeploymentWide, type Joined, joinReaches, type Reach, reaches } from "./reach.ts";
import { stopAt } from "./locks.ts";
import { isSiteRef } from "./site-token.ts";

type Allow = Extract<Decision, { effect: "allow" }>;
type Deny = Extract<Decision, { effect: "deny" }>;

/**
 * Decides one question: allow-list, live assignments intersected with the token's scope, and a place that must be known.
 *
 * Whatever is missing, malformed or not in a closed list is a denial, whatever its static type; nothing is thrown for it
 * (docs/spec/policy-v1.md §3). Where several roles reach one site, their rules are joined; where an answer speaks of several
 * sites, only the fields that every one of them allows are shown. `rule` and `role` name all that took part, joined by `+`.
 */
export function decide(policy: CompiledPolicy, question: Question): Decision {
  const decision = decideByRole(policy, question);
  // Only what a role alone wouldn't allow is done under an emergency, so that what is on record under it is what it was needed for.
  return decision.effect === "allow" ? decision : (decideByEmergency(policy, question) ?? decision);
}

function decideByRole(policy: CompiledPolicy, question: Question): Decision {
  const found = reaches(policy, question);
  if (typeof found === "string") return deny(found, question, policy);
  const place: unknown = question.place;
  if (typeof place !== "object" || place === null) return deny("no_site", question, policy);
  return decidePlace(policy, question, found, question.place);
}

function decidePlace(policy: CompiledPolicy, question: Question, found: readonly Reach[], place: Place): Decision {
  switch (place.kind) {
    case "one": {
      if (!isSiteRef(place.site)) return deny("no_site", question, policy);
      const stop = stopAt(question, place.site);
      if (stop !== null) return deny(stop, question, policy);
      const joined = joinAt(policy, found, place.site);
      return joined === null ? deny("other_site", question, policy) : allow(policy, [joined], [place.site]);
    }
    case "each": {
      const { sites } = place;
      if (!Array.isArray(sites) || sites.length === 0 || !sites.every(isSiteRef)) return deny("no_site", question, policy);
      const [stop = null] = sites.flatMap((site) => stopAt(question, site) ?? []);
      if (stop !== null) return deny(stop, question, policy);
      const joined = sites.map((site) => joinAt(policy, found, site));
      return joined.every((one) => one !== null) ? allow(policy, joined, sites) : deny("other_site", question, policy);
    }
    case "any": {
      const named = Array.isArray(place.sites) ? place.sites.filter(isSiteRef) : [];
      const sites = named.filter((site) => stopAt(question, site) === null);
      const reached = sites.flatMap((site) => {
        const joined = joinAt(policy, found, site);
        return joined === null ? [] : [{ site, joined }];
      });
      if (reached.length === 0) return deny("other_site", question, policy);
      return allow(
        policy,
        reached.map(({ joined }) => joined),
        reached.map(({ site }) => site),
      );
    }
    case "deployment": {
      const joined = joinReaches(
        policy,
        found.filter(({ assignment }) => isDeploymentWide(assignment)),
      );
      return joined === null ? deny("not_deployment_wide", question, policy) : allow(policy, [joined], []);
    }
    default:
      return deny("no_site", question, policy);
  }
}

function joinAt(policy: CompiledPolicy, found: readonly Reach[], site: SiteRef): Joined | null {
  const [only] = found;
  // One assignment is the usual case, and needs no list of its own.
  if (found.length === 1 && only !== undefined) return coversSite(only.assignment, site) ? joinReaches(policy, found) : null;
  return joinReaches(
    policy,
    found.filter(({ assignment }) => coversSite(assignment, site)),
  );
}

function allow(policy: CompiledPolicy, joined: readonly Joined[], sites: readonly SiteRef[]): Allow {
  const { rule, role, fields } = combine(policy, joined);
  return { effect: "allow", rule, role, sites: sites.map(({ study, site }) => ({ study, site })), fields };
}

/** Names all rules that took part, in the document's order, and shows the fields that hold everywhere. */
export function combine(policy: CompiledPolicy, joined: readonly Joined[]): { readonly rule: string; readonly role: string; readonly fields: FieldRule } {
  const [first] = joined;
  const [only] = first?.rules ?? [];
  if (joined.length === 1 && first?.rules.length === 1 && only !== undefined) return { rule: only.id, role: only.role, fields: first.fields };
  const rules = policy.inOrder(joined.flatMap((one) => one.rules));
  const fields = first === undefined ? NO_FIELDS : joined.map((one) => one.fields).reduce(meetFields);
  return { rule: rules.map(({ id }) => id).join("+"), role: [...new Set(rules.map(({ role }) => role))].join("+"), fields };
}

const deny = (reason: Deny["reason"], question: Question, policy: CompiledPolicy): Deny => new Denial(reason, question, policy);
