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
  siteKey,
  type SiteRef,
} from "./model.ts";
import { whatCan, whoCan } from "./who-can.ts";
import { TokenScope } from "./token-scope.ts";

const ROLES = ["alpha", "beta", "gamma"];
const SITES: readonly SiteRef[] = ["S1", "S2"].flatMap((study) => ["701", "704"].map((site) => ({ study, site })));
const NOW = 1_000;
const RUNS = { numRuns: process.env["SALLYPORT_TEST_LONG"] === undefined ? 25 : 2_000 };
const TIMEOUT_MS = 300_000;

/** What the random policies have rules for. What they have none for is asked too, at one moment. */
const RULED: ReadonlySet<Action> = new Set<Action>(["subject.list", "subject.read", "packet.release"]);

const rule = fc.record({
  role: fc.constantFrom(...ROLES),
  action: fc.constantFrom(...RULED),
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
  fromMs: fc.constantFrom(0, 0, 1_500, 2_500),
  untilMs: fc.constantFrom(null, null, 800, 2_000),
});
const someSites = fc.subarray(SITES.map(siteKey)).map((keys) => (keys.length === 0 ? null : new Set(keys)));
/** What locks and closed sites leave on a principal. */
const stops = { stoppedAt: someSites, closedAt: someSites };
const principals: fc.Arbitrary<readonly LivePrincipal[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("person" as const, "service" as const),
      status: fc.constantFrom("active" as const, "active" as const, "suspended" as const),
      assignments: fc.array(assignment, { minLength: 1, maxLength: 4 }),
      ...stops,
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((list) =>
    list.map(({ stoppedAt, closedAt, ...one }, at) => ({
      id: `p${at}`,
      person: `p${at}`,
      workload: null,
      tokensFromS: 0,
      ...one,
      ...(stoppedAt !== null && { stoppedAt }),
      ...(closedAt !== null && { closedAt }),
    })),
  );

/** The moments at which any assignment of these tests begins or ends, and that isn't over yet. */
const MOMENTS = [NOW, 1_500, 2_000, 2_500];

/**
 * Every point of the space at which two policies answer otherwise, asked one by one: at each moment, of everybody as if nothing had stopped them. Of the same
 * change at several moments, the first.
 */
function bruteForce(before: CompiledPolicy, after: CompiledPolicy, all: readonly LivePrincipal[]): readonly string[] {
  const found = new Map<string, number>();
  const places: readonly Place[] = [...SITES.map((site): Place => ({ kind: "one", site })), { kind: "deployment" }];
  for (const one of all) {
    const principal: LivePrincipal = { id: one.id, kind: one.kind, person: one.person, workload: null, tokensFromS: 0, status: "active", assignments: one.assignments };
    for (const action of ACTIONS)
      for (const resource of RESOURCE_TYPES)
        for (const place of places)
          for (const way of ["passkey", "other"])
            for (const nowMs of RULED.has(action) ? MOMENTS : [NOW]) {
              const ask = (policy: CompiledPolicy) =>
                decide(policy, { principal, scope: new TokenScope([action]), action, resource, place, nowMs, signedInBy: principal.kind === "person" ? way : null });
              const [was, will] = [ask(before), ask(after)];
              // Nearly every point is a denial by both, and needn't be spelled out.
              if (was.effect === "deny" && will.effect === "deny") continue;
              const [first = "", second = ""] = [was, will].map((decision) => JSON.stringify(standingOf(decision)));
              const point = pointOf(principal.id, action, resource, place, way, first, second);
              if (first !== second && !found.has(point)) found.set(point, nowMs);
            }
  }
  return [...found].map(([point, fromMs]) => `${point} from ${fromMs}`).sort();
}
const ACTS = ACTIONS.flatMap((action) => RESOURCE_TYPES.map((resource) => [action, resource] as const));
const allows = (compiled: CompiledPolicy, principal: LivePrincipal, action: Action, resource: ResourceType, place: Place): boolean =>
  decide(compiled, { principal, scope: new TokenScope([action]), action, resource, place, nowMs: NOW, signedInBy: principal.kind === "person" ? "passkey" : null }).effect ===
  "allow";
const isAllowedSomewhere = (compiled: CompiledPolicy, principal: LivePrincipal, action: Action, resource: ResourceType): boolean =>
  ([...SITES.map((site) => ({ kind: "one" as const, site })), { kind: "deployment" as const }] as const).some((place) => allows(compiled, principal, action, resource, place));
const pointOf = (...parts: readonly [string, string, string, Place, string, string, string]): string => JSON.stringify(parts);

test(
  "the impact of a change is what asking both policies at every point of the decision space finds, and nothing else",
  () => {
    let points = 0;
    fc.assert(
      fc.property(policy, policy, principals, (one, other, all) => {
        const [before, after] = [compilePolicy(one), compilePolicy(other)];
        const { rows, gained, lost, altered } = impactOf(before, after, { principals: all, sites: SITES, nowMs: NOW });
        const told = rows.flatMap(({ principal, action, resource, signedInBy, before: was, after: will, sites, deployment, fromMs }) => {
          const places: readonly Place[] = [...sites.map((site): Place => ({ kind: "one", site })), ...(deployment ? [{ kind: "deployment" as const }] : [])];
          const ways = signedInBy === "any" ? ["passkey", "other"] : [signedInBy];
          return places.flatMap((place) =>
            ways.map((way) => `${pointOf(principal, action, resource, place, way, JSON.stringify(was), JSON.stringify(will))} from ${fromMs ?? NOW}`),
          );
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
  "what somebody can do is each act that is allowed at a place at least, with no path at a stopped site, and nothing else",
  () => {
    let stopped = 0;
    fc.assert(
      fc.property(policy, principals, (document, all) => {
        const compiled = compilePolicy(document);
        for (const principal of all) {
          const told = whatCan(compiled, principal, { sites: SITES, nowMs: NOW });
          const can = ACTS.filter(([action, resource]) => isAllowedSomewhere(compiled, principal, action, resource));
          expect(told.map(({ action, resource }) => `${action} ${resource}`)).toEqual(can.map((act) => act.join(" ")));
          for (const { action, resource, paths, except } of told) {
            const reached = SITES.filter((site) => allows(compiled, principal, action, resource, { kind: "one", site }));
            const wide = paths.some(({ assignment: held }) => held.site === "*");
            for (const { assignment: held } of paths.filter((path) => path.assignment.site !== "*"))
              expect(reached.some((site) => site.study === held.study && site.site === held.site)).toBe(true);
            // What a wide path reaches is what it says, less the sites that are told to be stopped.
            const said = SITES.filter(
              (site) =>
                !except.includes(siteKey(site)) &&
                paths.some(({ assignment: held }) => (held.study === "*" || held.study === site.study) && (held.site === "*" || held.site === site.site)),
            );
            expect(said).toEqual(reached);
            if (!wide) expect(except).toEqual([]);
            stopped += except.length;
          }
        }
      }),
      RUNS,
    );
    expect(stopped).toBeGreaterThan(0);
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
                const abilities = whatCan(compiled, all.find(({ id }) => id === principal) as LivePrincipal, { sites: SITES, nowMs: NOW });
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
