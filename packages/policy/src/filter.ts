import { type Act, actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { combine } from "./decide.ts";
import { emergencyFields, emergencyReaches } from "./emergency.ts";
import { stopAt } from "./locks.ts";
import { type Decision, type Emergency, type FieldRule, siteKey, type SiteRef } from "./model.ts";
import { type Joined, joinReaches, type PlacelessQuestion, type Reach, reachesOf, whyNowhere } from "./reach.ts";
import { extentOf, isDeploymentWide, type Moment, momentOf, type Rights } from "./rights.ts";
import { isSiteRef } from "./site-token.ts";

/**
 * The decision for whatever place, as data: a row would pass if `everything`, or its study is in `studies`, or its site is in `sites`. All three empty passes
 * nothing. It tells whether somebody may do a thing anywhere at all; statements are filtered by the sites of the grant that a decision over all registered
 * sites came to, and row security stands at those too (`packages/db/src/site-filter.prop.int.test.ts` holds all of them equal).
 */
export interface SiteFilter {
  readonly effect: "allow";
  readonly everything: boolean;
  /** Studies of which every site passes. */
  readonly studies: readonly string[];
  /** Single sites that pass, none of which lies in `studies`. */
  readonly sites: readonly SiteRef[];
  /** Single sites that don't pass, whatever stands above: a lock has stopped them, or they are closed. */
  readonly except: readonly string[];
  /** Single subjects that pass where they were when an emergency was opened for them, whatever stands above. */
  readonly subjects: readonly Pick<Emergency, "subject" | "study" | "site">[];
  /** All rules and roles that took part, joined by `+`. */
  readonly rule: string;
  readonly role: string;
  /** The fields that hold at every place that the filter passes. */
  readonly fields: FieldRule;
}

type Refusal = Pick<Extract<Decision, { effect: "deny" }>, "effect" | "reason">;

/** Compiles the decision for whatever place: a site, or a subject at it, passes the filter if and only if {@link decide} allows it alone. */
export const siteFilter = (policy: CompiledPolicy, question: PlacelessQuestion): SiteFilter | Refusal =>
  filterFor(policy.rights(question.principal, question.scope), actOf(question.action, question.resource), momentOf(question));

/** {@link siteFilter}, for who asks with rights and an act that were made before. */
export function filterFor(rights: Rights, act: Act | null, moment: Moment): SiteFilter | Refusal {
  const { policy } = rights;
  const emergencies = emergencyReaches(rights, act, moment);
  const byRole = filterByRole(rights, act, moment);
  const subjects = emergencies.map(({ emergency: { subject, study, site } }) => ({ subject, study, site }));
  const opened = emergencies.map((reach) => ({ rules: reach.joined.rules, fields: emergencyFields(reach, act) }));
  if (byRole.effect === "allow") {
    const { effect, everything, studies, sites, except, joined } = byRole;
    const { rule, role, fields } = combine(policy, opened.length === 0 ? joined : [...joined, ...opened]);
    return { effect, everything, studies, sites, except, subjects, rule, role, fields };
  }
  if (opened.length === 0) return byRole;
  return { effect: "allow", everything: false, studies: [], sites: [], except: [], subjects, ...combine(policy, opened) };
}

type Places = Pick<SiteFilter, "effect" | "everything" | "studies" | "sites" | "except"> & { readonly joined: readonly Joined[] };

function filterByRole(rights: Rights, act: Act | null, moment: Moment): Places | Refusal {
  const { policy, principal } = rights;
  const reason = whyNowhere(rights, act, moment);
  if (act === null || reason !== null) return { effect: "deny", reason: reason ?? "no_rule" };
  const usable = reachesOf(rights, act, moment).filter(({ assignment }) => extentOf(assignment) !== "nothing");
  if (usable.length === 0) return { effect: "deny", reason: "other_site" };
  const everything = usable.some(({ assignment }) => isDeploymentWide(assignment));
  const studies = everything ? [] : [...new Set(usable.filter(({ assignment }) => assignment.site === "*").map(({ assignment }) => assignment.study))];
  const single = usable.filter(({ assignment }) => assignment.site !== "*" && !studies.includes(assignment.study));
  const named = everything ? [] : [...new Map(single.map(({ assignment: { study, site } }) => [`${study}/${site}`, { study, site }])).values()];
  const sites = named.filter((site) => stopAt(principal, act, site) === null);
  if (!everything && studies.length === 0 && sites.length === 0) return { effect: "deny", reason: "other_site" };
  const except = [...new Set([...(principal.stoppedAt ?? []), ...(principal.closedAt ?? [])])].filter((key) => stopAt(principal, act, siteOf(key)) !== null);
  return { effect: "allow", everything, studies, sites, except, joined: patterns(policy, usable) };
}

/** Whether a site passes a filter, or one subject that is there. */
export const siteMatches = (filter: SiteFilter, site: SiteRef, subject: string | null = null): boolean =>
  isSiteRef(site) && (passes(filter, site) || filter.subjects.some((one) => one.subject === subject && one.study === site.study && one.site === site.site));

const passes = (filter: SiteFilter, site: SiteRef): boolean =>
  !filter.except.includes(siteKey(site)) &&
  (filter.everything || filter.studies.includes(site.study) || filter.sites.some((one) => one.study === site.study && one.site === site.site));

/** One joined rule set per assignment: what a site gets that only this pattern, or a wider one, reaches. */
function patterns(policy: CompiledPolicy, usable: readonly Reach[]): readonly Joined[] {
  return usable.flatMap(({ assignment }) => {
    const wider = usable.filter(
      (other) =>
        isDeploymentWide(other.assignment) || (other.assignment.study === assignment.study && (other.assignment.site === "*" || other.assignment.site === assignment.site)),
    );
    const joined = joinReaches(policy, wider);
    return joined === null ? [] : [joined];
  });
}

function siteOf(key: string): SiteRef {
  const [study = "", site = ""] = key.split("/");
  return { study, site };
}
