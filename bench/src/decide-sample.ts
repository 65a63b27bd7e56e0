import { ACTIONS, type Action, type Assignment, type LivePrincipal, type PolicyDocument, RESOURCE_TYPES, type ResourceType, type SiteRef, TokenScope } from "@sallyport/policy";

/** The space that is asked: as many acts and types as were measured before there was a product. */
const ASKED_ACTIONS = ACTIONS.slice(0, 30);
const ASKED_TYPES = RESOURCE_TYPES.slice(0, 15);
const PRINCIPALS = 200;
const QUESTIONS = 4096;

/** What every token of the sample may be used for. */
export const SAMPLE_SCOPE = new TokenScope(ASKED_ACTIONS);

/** One question, as it comes in: strings. */
export interface Asked {
  readonly principal: LivePrincipal;
  readonly action: Action;
  readonly resource: ResourceType;
  readonly site: SiteRef;
}

/** The same numbers each time, so that every run and every engine is asked the same. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

/** A policy of so many roles, each with about this part of the cells. */
export function samplePolicy(roles: number, percent: number): PolicyDocument {
  const next = numbers(7);
  const names = Array.from({ length: roles }, (_, n) => `role_${n}`);
  const grants = names.flatMap((role) =>
    ASKED_ACTIONS.flatMap((action) => ASKED_TYPES.flatMap((resource) => (next(100) < percent ? [{ id: `${role}:${action}:${resource}`, role, action, resource }] : []))),
  );
  return { version: 1, title: "Sample", roles: names.map((name) => ({ name, description: "A sample.", assignableBy: [] })), grants, separation: [] };
}

const siteAt = (n: number): SiteRef => ({ study: `ST${n % 3}`, site: String(700 + n) });

/** Principals with one to three roles at sites, and questions about them, of which some are allowed. */
export function sampleQuestions(document: PolicyDocument, sites = 20): readonly Asked[] {
  const next = numbers(11);
  const roles = document.roles.map(({ name }) => name);
  const principals = Array.from({ length: PRINCIPALS }, (_, n): LivePrincipal => {
    const assignments = Array.from({ length: 1 + next(3) }, (): Assignment => ({ role: roles[next(roles.length)] ?? "", ...siteAt(next(sites)), fromMs: 0, untilMs: null }));
    return { id: `prn_${n}`, kind: "service", person: `prn_${n}`, status: "active", workload: null, tokensFromS: 0, assignments };
  });
  return Array.from({ length: QUESTIONS }, (): Asked => {
    const principal = principals[next(PRINCIPALS)] as LivePrincipal;
    // Half of the time at one of the principal's own sites: a denial for another site is the cheapest answer.
    const own = principal.assignments[next(principal.assignments.length)] as Assignment;
    const site = next(2) === 0 ? { study: own.study, site: own.site } : siteAt(next(sites));
    return { principal, action: ASKED_ACTIONS[next(ASKED_ACTIONS.length)] as Action, resource: ASKED_TYPES[next(ASKED_TYPES.length)] as ResourceType, site };
  });
}
