import { type Act, actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { Denial } from "./denial.ts";
import { decideByEmergency } from "./emergency.ts";
import { meetFields, NO_FIELDS } from "./field-rule.ts";
import type { Decision, FieldRule, Place, Question, SiteRef } from "./model.ts";
import { type Joined, joinReaches, type Reach, reachesOf, whyNever, whyNotNow, whyNowhere } from "./reach.ts";
import { coversSite, isDeploymentWide, type Moment, momentOf, type Rights } from "./rights.ts";
import { stopAt } from "./locks.ts";
import { isSiteRef } from "./site-token.ts";

type Allow = Extract<Decision, { effect: "allow" }>;
type Deny = Extract<Decision, { effect: "deny" }>;
type OnePlace = Extract<Place, { kind: "one" }>;

/**
 * Decides one question: allow-list, live assignments intersected with the token's scope, and a place that must be known.
 *
 * Whatever is missing, malformed or not in a closed list is a denial, whatever its static type; nothing is thrown for it
 * (docs/spec/policy-v1.md §3). Where several roles reach one site, their rules are joined; where an answer speaks of several
 * sites, only the fields that every one of them allows are shown. `rule` and `role` name all that took part, joined by `+`.
 */
export function decide(policy: CompiledPolicy, question: Question): Decision {
  const { principal, scope, action, resource, place } = question;
  return decideAct(policy.rights(principal, scope), actOf(action, resource), place, momentOf(question));
}

/** {@link decide}, for who asks again and again: the caller's rights are made once a request, and an act once for each procedure. */
export function decideAct(rights: Rights, act: Act | null, place: Place, moment: Moment): Decision {
  const decision = decideByRole(rights, act, place, moment);
  // Only what a role alone wouldn't allow is done under an emergency, so that what is on record under it is what it was needed for.
  return decision.effect === "allow" || rights.principal.emergencies === undefined ? decision : (decideByEmergency(rights, act, place, moment) ?? decision);
}

function decideByRole(rights: Rights, act: Act | null, place: Place, moment: Moment): Decision {
  const never = whyNever(rights, act);
  if (act === null || never !== null) return deny(never ?? "no_rule", rights, act, place);
  if (typeof place !== "object" || (place as unknown) === null) return deny(whyNowhere(rights, act, moment) ?? "no_site", rights, act, place);
  return place.kind === "one" ? decideAt(rights, act, place, moment) : decidePlaces(rights, act, place, moment);
}

/** One site. Where one assignment alone reaches it, which is the usual case, its answer is there already. */
function decideAt(rights: Rights, act: Act, place: OnePlace, moment: Moment): Decision {
  const { policy, principal, held } = rights;
  const { site } = place;
  let isAnyNow = false;
  let count = 0;
  let only: Allow | null = null;
  for (const holding of held.all) {
    if (!holding.mayNow(act, moment)) continue;
    isAnyNow = true;
    if (typeof site !== "object" || site === null || !holding.covers(site)) continue;
    count += 1;
    only = holding.allowAtOwnSite(act);
  }
  if (!isAnyNow) return deny(whyNotNow(held, act, moment), rights, act, place);
  // What covers a site has compared its ids and nothing more: whether they are ids at all is asked before any answer, but where they are the assignment's own, which are.
  const answer = count === 1 ? only : null;
  if (site === null || (answer === null && !isSiteRef(site))) return deny("no_site", rights, act, place);
  const stop = stopAt(principal, act, site);
  if (stop !== null) return deny(stop, rights, act, place);
  if (count === 0) return deny("other_site", rights, act, place);
  if (answer !== null) return answer;
  const joined = joinAt(policy, reachesOf(rights, act, moment), site);
  return joined === null ? deny("other_site", rights, act, place) : allow(policy, [joined], [site]);
}

function decidePlaces(rights: Rights, act: Act, place: Exclude<Place, OnePlace>, moment: Moment): Decision {
  const { policy, principal } = rights;
  const reason = whyNowhere(rights, act, moment);
  if (reason !== null) return deny(reason, rights, act, place);
  const found = reachesOf(rights, act, moment);
  switch (place.kind) {
    case "each": {
      const { sites } = place;
      if (!Array.isArray(sites) || sites.length === 0 || !sites.every(isSiteRef)) return deny("no_site", rights, act, place);
      const [stop = null] = sites.flatMap((site) => stopAt(principal, act, site) ?? []);
      if (stop !== null) return deny(stop, rights, act, place);
      const joined = sites.map((site) => joinAt(policy, found, site));
      return joined.every((one) => one !== null) ? allow(policy, joined, sites) : deny("other_site", rights, act, place);
    }
    case "any": {
      const named = Array.isArray(place.sites) ? place.sites.filter(isSiteRef) : [];
      const sites = named.filter((site) => stopAt(principal, act, site) === null);
      const reached = sites.flatMap((site) => {
        const joined = joinAt(policy, found, site);
        return joined === null ? [] : [{ site, joined }];
      });
      if (reached.length === 0) return deny("other_site", rights, act, place);
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
      return joined === null ? deny("not_deployment_wide", rights, act, place) : allow(policy, [joined], []);
    }
    default:
      return deny("no_site", rights, act, place);
  }
}

const joinAt = (policy: CompiledPolicy, found: readonly Reach[], site: SiteRef): Joined | null =>
  joinReaches(
    policy,
    found.filter(({ assignment, extent }) => coversSite(assignment, site, extent)),
  );

function allow(policy: CompiledPolicy, joined: readonly Joined[], sites: readonly SiteRef[]): Allow {
  const { rule, role, fields } = combine(policy, joined);
  return { effect: "allow", rule, role, sites: sites.map(({ study, site }) => ({ study, site })), fields };
}

/** Names all rules that took part, in the document's order, and shows the fields that hold everywhere. */
export function combine(policy: CompiledPolicy, joined: readonly Joined[]): { readonly rule: string; readonly role: string; readonly fields: FieldRule } {
  const [first] = joined;
  const [only] = first?.rules ?? [];
  if (joined.length === 1 && first?.rules.length === 1 && only !== undefined) return { rule: only.id, role: only.role, fields: first.fields };
  const rules = joined.length === 1 && first !== undefined ? first.rules : policy.inOrder(joined.flatMap((one) => one.rules));
  const fields = first === undefined ? NO_FIELDS : joined.map((one) => one.fields).reduce(meetFields);
  return { rule: rules.map(({ id }) => id).join("+"), role: [...new Set(rules.map(({ role }) => role))].join("+"), fields };
}

const deny = (reason: Deny["reason"], { policy }: Rights, act: Act | null, place: Place): Deny => new Denial(reason, policy, act, place);
