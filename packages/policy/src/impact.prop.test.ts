import fc from "fast-check";
import { expect, test } from "vitest";
import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { impactOf, standingOf } from "./impact.ts";
import {
  type Action,
  ACTIONS,
  type Assignment,
  type GrantRule,
  type LivePrincipal,
  type Place,
  type PolicyDocument,
  RESOURCE_TYPES,
  type ResourceType,
  type SiteRef,
} from "./model.ts";
import { whatCan, whoCan } from "./who-can.ts";
import { TokenScope } from "./token-scope.ts";

const ROLES = ["alpha", "beta", "gamma"];
const SITES: readonly SiteRef[] = ["S1", "S2"].flatMap((study) => ["701", "704"].map((site) => ({ study, site })));
const NOW = 1_000;
const RUNS = { numRuns: process.env["SALLYPORT_TEST_LONG"] === undefined ? 25 : 2_000 };
const TIMEOUT_MS = 300_000;

const rule = fc.record({
  role: fc.constantFrom(...ROLES),
  action: fc.constantFrom<Action>("subject.list", "subject.read", "packet.release"),
  resource: fc.constantFrom<ResourceType>("subject", "packet"),
  fields: fc.constantFrom(undefined, { readable: ["public"], masked: ["phi"] }, { readable: ["phi", "public"], masked: [] }),
  conditions: fc.constantFrom(undefined, undefined, { signedInBy: "passkey" as const }),
});
const grants = (rows: readonly (typeof rule extends fc.Arbitrary<infer T> ? T : never)[]): readonly GrantRule[] =>
  rows.map(({ fields, conditions, ...row }, at) => ({ id: `r${at}`, ...row, ...(fields !== undefined && { fields }), ...(conditions !== undefined && { conditions }) }));
const policy: fc.Arbitrary<PolicyDocument> = fc
  .uniqueArray(rule, { selector: ({ role, action, resource }) => `${role} ${action} ${resource}`, minLength: 4, maxLength: 12 })
  .map((rows) => ({ version: 1, title: "Random", roles: ROLES.map((name) => ({ name, description: "Random.", assignableBy: [] })), grants: grants(rows), separation: [] }));
const assignment: fc.Arbitrary<Assignment> = fc.record({
  role: fc.constantFrom(...ROLES, "unknown"),
  study: fc.constantFrom("S1", "S2", "*"),
  site: fc.constantFrom("701", "704", "*"),
  fromMs: fc.constantFrom(0, 0, 1_500),
  untilMs: fc.constantFrom(null, null, 800),
});
const principals: fc.Arbitrary<readonly LivePrincipal[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("person" as const, "service" as const),
      status: fc.constantFrom("active" as const, "active" as const, "suspended" as const),
      assignments: fc.array(assignment, { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((list) => list.map((one, at) => ({ id: `p${at}`, person: `p${at}`, workload: null, tokensFromS: 0, ...one })));

/** Every point of the space at which two policies answer otherwise, asked one by one. */
function bruteForce(before: CompiledPolicy, after: CompiledPolicy, all: readonly LivePrincipal[]): readonly string[] {
  const found: string[] = [];
  const places: readonly Place[] = [...SITES.map((site): Place => ({ kind: "one", site })), { kind: "deployment" }];
  for (const principal of all)
    for (const action of ACTIONS)
      for (const resource of RESOURCE_TYPES)
        for (const place of places)
          for (const way of ["passkey", "other"]) {
            const ask = (one: CompiledPolicy) =>
              decide(one, { principal, scope: new TokenScope([action]), action, resource, place, nowMs: NOW, signedInBy: principal.kind === "person" ? way : null });
            const [was, will] = [ask(before), ask(after)];
            // Nearly every point is a denial by both, and needn't be spelled out.
            if (was.effect === "deny" && will.effect === "deny") continue;
            const [one = "", other = ""] = [was, will].map((decision) => JSON.stringify(standingOf(decision)));
            if (one !== other) found.push(pointOf(principal.id, action, resource, place, way, one, other));
          }
  return found.sort();
}
const pointOf = (...parts: readonly [string, string, string, Place, string, string, string]): string => JSON.stringify(parts);

test(
  "the impact of a change is what asking both policies at every point of the decision space finds, and nothing else",
  () => {
    let points = 0;
    fc.assert(
      fc.property(policy, policy, principals, (one, other, all) => {
        const [before, after] = [compilePolicy(one), compilePolicy(other)];
        const { rows, gained, lost, altered } = impactOf(before, after, { principals: all, sites: SITES, nowMs: NOW });
        const told = rows.flatMap(({ principal, action, resource, signedInBy, before: was, after: will, sites, deployment }) => {
          const places: readonly Place[] = [...sites.map((site): Place => ({ kind: "one", site })), ...(deployment ? [{ kind: "deployment" as const }] : [])];
          const ways = signedInBy === "any" ? ["passkey", "other"] : [signedInBy];
          return places.flatMap((place) => ways.map((way) => pointOf(principal, action, resource, place, way, JSON.stringify(was), JSON.stringify(will))));
        });
        const expected = bruteForce(before, after, all);
        expect(told.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(expected);
        expect(gained + lost + altered).toBe(expected.length);
        points += expected.length;
      }),
      RUNS,
    );
    // Few random policies differ in nothing; so many together never do.
    expect(points).toBeGreaterThan(20);
  },
  TIMEOUT_MS,
);

test(
  "who can and what can are the decision's own answers, each with a path to it",
  () => {
    fc.assert(
      fc.property(
        policy,
        principals,
        fc.constantFrom<Place>(...SITES.map((site): Place => ({ kind: "one", site })), { kind: "deployment" }, { kind: "any", sites: SITES }),
        (document, all, place) => {
          const compiled = compilePolicy(document);
          for (const action of ["subject.list", "subject.read", "packet.release", "trail.read"] as const)
            for (const resource of ["subject", "packet"] as const) {
              const can = all.filter(
                (principal) =>
                  decide(compiled, { principal, scope: new TokenScope([action]), action, resource, place, nowMs: NOW, signedInBy: principal.kind === "person" ? "passkey" : null })
                    .effect === "allow",
              );
              const told = whoCan(compiled, all, { action, resource, place, nowMs: NOW });
              expect(told.map(({ principal }) => principal)).toEqual(can.map(({ id }) => id));
              for (const { principal, paths } of told) {
                expect(paths.length).toBeGreaterThan(0);
                const abilities = whatCan(compiled, all.find(({ id }) => id === principal) as LivePrincipal, NOW);
                for (const { rule: matched } of paths) expect(abilities.some((ability) => ability.action === matched.action && ability.resource === matched.resource)).toBe(true);
              }
            }
        },
      ),
      RUNS,
    );
  },
  TIMEOUT_MS,
);
