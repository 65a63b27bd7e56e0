import { actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { decide, decideAct } from "./decide.ts";
import { type Action, ACTIONS, type Decision, type FieldRule, type LivePrincipal, type Place, RESOURCE_TYPES, type ResourceType, type SiteRef } from "./model.ts";
import { separated } from "./separation.ts";
import type { PolicySuite, SuitePlace } from "./suite.ts";
import { TokenScope } from "./token-scope.ts";

/** One answer of the policy that isn't the one that its tests expect. */
export interface SuiteFailure {
  /** The sentence; null for a cell of `allowed`, and for a pair of `separated`. */
  readonly says: string | null;
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Where the role was held and the resource belongs, in words. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

export interface SuiteResult {
  /** Questions that were asked. */
  readonly asked: number;
  readonly failed: number;
  /** The first of them, at most 200. */
  readonly failures: readonly SuiteFailure[];
}

const FAILURES_MAX = 200;
const OWN: SiteRef = { study: "PILOT", site: "701" };
const HOME: Place = { kind: "one", site: OWN };
/** Where a resource may be that a role at {@link OWN} doesn't reach. */
const ELSEWHERE: readonly (readonly [name: string, place: Place])[] = [
  ["another site", { kind: "one", site: { study: "PILOT", site: "704" } }],
  ["another study's site of that name", { kind: "one", site: { study: "OTHER", site: "701" } }],
  ["no site", { kind: "one", site: null }],
  ["own and another site together", { kind: "each", sites: [OWN, { study: "PILOT", site: "704" }] }],
  ["the deployment", { kind: "deployment" }],
];

const holder = (role: string, { study, site }: SiteRef): LivePrincipal => ({
  id: "prn_test",
  kind: "person",
  person: "per_test",
  status: "active",
  workload: null,
  tokensFromS: 0,
  assignments: [{ role, study, site, fromMs: 0, untilMs: null }],
});

const cellKey = ({ role, action, resource }: { readonly role: string; readonly action: string; readonly resource: string }): string => `${role} ${action} ${resource}`;
const spelled = ({ readable, masked }: FieldRule): string => `readable [${[...readable].sort().join(", ")}], masked [${[...masked].sort().join(", ")}]`;
const said = (decision: Decision): string => (decision.effect === "allow" ? `allow, ${spelled(decision.fields)}` : "deny");

/**
 * Runs a policy's tests against it: every role – of the policy, of the suite, and one that neither knows – on every action and resource type at
 * its own site, what is allowed there at every other kind of place, every act after every other by one person, and every sentence.
 */
export function runSuite(policy: CompiledPolicy, suite: PolicySuite): SuiteResult {
  const failures: SuiteFailure[] = [];
  let asked = 0;
  let failed = 0;
  const compare = (failure: SuiteFailure): void => {
    asked += 1;
    if (failure.expected === failure.found) return;
    failed += 1;
    if (failures.length < FAILURES_MAX) failures.push(failure);
  };
  const answer = (principal: LivePrincipal, action: Action, resource: ResourceType, place: Place): Decision =>
    decide(policy, { principal, scope: new TokenScope([action]), action, resource, place, nowMs: 1, signedInBy: "passkey" });

  const stated = new Map(suite.allowed.map((cell) => [cellKey(cell), cell]));
  const roles = new Set([...policy.document.roles.map(({ name }) => name), ...suite.allowed.map((cell) => cell.role), "-"]);
  for (const role of roles) {
    const principal = holder(role, OWN);
    for (const action of ACTIONS) {
      const rights = policy.rights(principal, new TokenScope([action]));
      for (const resource of RESOURCE_TYPES) {
        const ask = (place: Place, signedInBy: string | null = "passkey"): Decision => decideAct(rights, actOf(action, resource), place, { nowMs: 1, signedInBy, subject: null });
        const own = ask(HOME);
        const cell = stated.get(cellKey({ role, action, resource }));
        const expected = cell === undefined ? "deny" : `allow, ${spelled(cell.fields)}`;
        compare({ says: null, role, action, resource, place: "own site", expected, found: said(own) });
        if (own.effect === "deny") continue;
        const otherwise = cell === undefined || cell.signedInBy !== null ? "deny" : expected;
        compare({ says: null, role, action, resource, place: "own site, not by passkey", expected: otherwise, found: said(ask(HOME, null)) });
        for (const [place, where] of ELSEWHERE) compare({ says: null, role, action, resource, place, expected: "deny", found: said(ask(where)) });
      }
    }
  }
  const expectedPairs = new Set(suite.separated.map(({ first, second }) => `${first} ${second}`));
  for (const first of ACTIONS)
    for (const second of ACTIONS) {
      const isHeld = (person: string): boolean => separated(policy, { first: { action: first, person: "per_test" }, second: { action: second, person } }) !== null;
      const words = (has: boolean): string => (has ? "separated" : "not separated");
      const isExpected = expectedPairs.has(`${first} ${second}`);
      compare({ says: null, role: "-", action: second, resource: "-", place: `after ${first}`, expected: words(isExpected), found: words(isHeld("per_test")) });
      if (isExpected)
        compare({ says: null, role: "-", action: second, resource: "-", place: `after another's ${first}`, expected: words(false), found: words(isHeld("per_other")) });
    }
  for (const { says, role, at, site, may, mayNot } of suite.cases) {
    const principal = holder(role, at);
    for (const [acts, expected] of [
      [may, "allow"],
      [mayNot, "deny"],
    ] as const) {
      for (const { action, resource } of acts)
        compare({ says, role, action, resource, place: placeWords(at, site), expected, found: answer(principal, action, resource, placeOf(site)).effect });
    }
  }
  return { asked, failed, failures };
}

const placeOf = (site: SuitePlace): Place => (site === "deployment" ? { kind: "deployment" } : { kind: "one", site: site === "missing" ? null : site });
const placeWords = (at: SiteRef, site: SuitePlace): string => `held at ${at.study}/${at.site}, ${typeof site === "string" ? site : `${site.study}/${site.site}`}`;
