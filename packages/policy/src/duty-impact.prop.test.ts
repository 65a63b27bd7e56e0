import fc from "fast-check";
import { expect, test } from "vitest";
import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { assigningImpactOf, separationImpactOf } from "./duty-impact.ts";
import { type Action, type Assignment, type LivePrincipal, type Place, type PolicyDocument, RESOURCE_TYPES, type SiteRef } from "./model.ts";
import { separated } from "./separation.ts";
import { TokenScope } from "./token-scope.ts";

const ROLES = ["alpha", "beta", "gamma"];
const SITES: readonly SiteRef[] = ["S1", "S2"].flatMap((study) => ["701", "704"].map((site) => ({ study, site })));
const PLACES: readonly Place[] = [...SITES.map((site): Place => ({ kind: "one", site })), { kind: "deployment" }];
const NOW = 1_000;
/** The moments at which any assignment of these tests begins or ends, and that isn't over yet. */
const MOMENTS = [NOW, 1_500, 2_000, 2_500];
const WAYS = ["passkey", "other"] as const;
const ACTS = ["packet.upload", "packet.release", "assignment.change"] as const;
const PAIRS = ACTS.flatMap((first) => ACTS.filter((second) => second !== first).map((second) => ({ first, second })));
const RUNS = { numRuns: process.env["SALLYPORT_TEST_LONG"] === undefined ? 200 : 5_000 };

const rule = fc.record({
  role: fc.constantFrom(...ROLES),
  action: fc.constantFrom(...ACTS, "assignment.change" as const),
  conditions: fc.constantFrom(undefined, undefined, { signedInBy: "passkey" as const }),
});
const policy: fc.Arbitrary<PolicyDocument> = fc
  .record({
    rules: fc.uniqueArray(rule, { selector: ({ role, action }) => `${role} ${action}`, minLength: 3, maxLength: 9 }),
    // A role that one policy has and the other doesn't is nobody's to assign under the other.
    extra: fc.boolean(),
    assigners: fc.tuple(...ROLES.map(() => fc.subarray(ROLES)), fc.subarray(ROLES)),
    pairs: fc.subarray(PAIRS, { maxLength: 3 }),
  })
  .map(({ rules, extra, assigners, pairs }) => ({
    version: 1,
    title: "Random",
    roles: [...ROLES, ...(extra ? ["delta"] : [])].map((name, at) => ({ name, description: "Random.", assignableBy: assigners[at] ?? [] })),
    grants: rules.map(({ role, action, conditions }, at) => ({
      id: `r${at}`,
      role,
      action,
      resource: action === "assignment.change" ? ("principal" as const) : ("packet" as const),
      ...(conditions !== undefined && { conditions }),
    })),
    separation: pairs.map((pair, at) => ({ id: `s${at}`, ...pair })),
  }));
const assignment: fc.Arbitrary<Assignment> = fc.record({
  role: fc.constantFrom(...ROLES),
  study: fc.constantFrom("S1", "S2", "*", "*"),
  site: fc.constantFrom("701", "704", "*", "*"),
  fromMs: fc.constantFrom(0, 0, 1_500, 2_500),
  untilMs: fc.constantFrom(null, null, 800, 2_000),
});
/** Some with several accounts, suspended or with a site locked: nothing of that counts. */
const principals: fc.Arbitrary<readonly LivePrincipal[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("person" as const, "person" as const, "service" as const),
      status: fc.constantFrom("active" as const, "active" as const, "suspended" as const),
      person: fc.constantFrom("one", "two", "three"),
      assignments: fc.array(assignment, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((list) => list.map((one, at) => ({ id: `p${at}`, workload: null, tokensFromS: 0, stoppedAt: new Set(["S1/701"]), ...one })));

const plain = ({ id, kind, person, assignments }: LivePrincipal): LivePrincipal => ({ id, kind, person, workload: null, tokensFromS: 0, status: "active", assignments });
const allows = (compiled: CompiledPolicy, principal: LivePrincipal, action: Action, place: Place, way: string, nowMs: number): boolean =>
  RESOURCE_TYPES.some(
    (resource) =>
      decide(compiled, {
        principal: plain(principal),
        scope: new TokenScope([action]),
        action,
        resource,
        place,
        nowMs,
        signedInBy: principal.kind === "person" ? way : null,
      }).effect === "allow",
  );
/** Read off the plain document, without the code that assigns. */
const mayAssignPlainly = (compiled: CompiledPolicy, principal: LivePrincipal, role: string, way: string, nowMs: number): boolean =>
  allows(compiled, principal, "assignment.change", { kind: "deployment" }, way, nowMs) &&
  principal.assignments.some(
    ({ role: held, study, site, fromMs, untilMs }) =>
      study === "*" &&
      site === "*" &&
      fromMs <= nowMs &&
      (untilMs === null || nowMs < untilMs) &&
      compiled.document.roles.some(({ name, assignableBy }) => name === role && assignableBy.includes(held)),
  );
const placeText = (place: Place): string => (place.kind === "one" ? `${place.site?.study}/${place.site?.site}` : "deployment");
/** Of each point the first moment at which it is so, with its answer before and after. */
class Found {
  readonly #points = new Map<string, number>();
  add(point: string, was: boolean, will: boolean, atMs: number): void {
    const key = `${point} ${was} ${will}`;
    if (was !== will && !this.#points.has(key)) this.#points.set(key, atMs);
  }
  list(): readonly string[] {
    return [...this.#points].map(([key, atMs]) => `${key} from ${atMs}`).sort();
  }
}

test("who gains and loses the right to assign a role is what asking both policies about everybody, every role and every moment finds", () => {
  let points = 0;
  fc.assert(
    fc.property(policy, policy, principals, (one, other, all) => {
      const [before, after] = [compilePolicy(one), compilePolicy(other)];
      const found = new Found();
      for (const principal of all)
        for (const role of [...ROLES, "delta"])
          for (const way of WAYS)
            for (const nowMs of MOMENTS)
              found.add(`${principal.id} ${role} ${way}`, mayAssignPlainly(before, principal, role, way, nowMs), mayAssignPlainly(after, principal, role, way, nowMs), nowMs);
      const told = assigningImpactOf(before, after, { principals: all, nowMs: NOW }).flatMap(({ principal, role, signedInBy, before: was, after: will, fromMs }) =>
        (signedInBy === "any" ? WAYS : [signedInBy]).map((way) => `${principal} ${role} ${way} ${was} ${will} from ${fromMs ?? NOW}`),
      );
      expect(told.toSorted()).toEqual(found.list());
      points += told.length;
    }),
    RUNS,
  );
  expect(points).toBeGreaterThan(100);
}, 300_000);

test("whose pairs of acts a separation forbids or allows is what asking both policies about every person, place and moment finds", () => {
  let points = 0;
  fc.assert(
    fc.property(policy, policy, principals, (one, other, all) => {
      const [before, after] = [compilePolicy(one), compilePolicy(other)];
      const found = new Found();
      /** Both, one after the other, by whatever accounts of the person; and nothing keeps them apart. */
      const mayBoth = (compiled: CompiledPolicy, person: string, first: Action, second: Action, place: Place, nowMs: number): boolean => {
        const can = (action: Action, atMs: number) => all.some((principal) => principal.person === person && allows(compiled, principal, action, place, "passkey", atMs));
        const isApart = separated(compiled, { first: { action: first, person }, second: { action: second, person } }) !== null;
        return !isApart && can(second, nowMs) && MOMENTS.some((atMs) => atMs <= nowMs && can(first, atMs));
      };
      const isIn = ({ document }: CompiledPolicy, first: Action, second: Action) => document.separation.some((each) => each.first === first && each.second === second);
      // What neither policy keeps apart is a change of rights, which stands among those.
      for (const person of ["one", "two", "three"])
        for (const { first, second } of PAIRS)
          for (const place of isIn(before, first, second) || isIn(after, first, second) ? PLACES : [])
            for (const nowMs of MOMENTS)
              found.add(
                `${person} ${first} ${second} ${placeText(place)}`,
                mayBoth(before, person, first, second, place, nowMs),
                mayBoth(after, person, first, second, place, nowMs),
                nowMs,
              );
      const rows = separationImpactOf(before, after, { principals: all, sites: SITES, nowMs: NOW });
      const told = rows.flatMap(({ person, first, second, before: was, after: will, sites, deployment, fromMs }) =>
        [...sites.map(({ study, site }) => `${study}/${site}`), ...(deployment ? ["deployment"] : [])].map(
          (place) => `${person} ${first} ${second} ${place} ${was} ${will} from ${fromMs ?? NOW}`,
        ),
      );
      expect(told.toSorted()).toEqual(found.list());
      for (const { person, principals: theirs } of rows) expect(theirs).toEqual(all.filter((each) => each.person === person).map(({ id }) => id));
      points += told.length;
    }),
    RUNS,
  );
  expect(points).toBeGreaterThan(100);
}, 300_000);

test("a pair whose first act is possible only before the second is counted from when the second is", () => {
  const of = (separation: PolicyDocument["separation"]) =>
    compilePolicy({
      version: 1,
      title: "Two acts",
      roles: ROLES.map((name) => ({ name, description: "Random.", assignableBy: [] })),
      grants: [
        { id: "up", role: "alpha", action: "packet.upload", resource: "packet" },
        { id: "out", role: "beta", action: "packet.release", resource: "packet" },
      ],
      separation,
    });
  const held = (id: string, role: string, fromMs: number, untilMs: number | null): LivePrincipal => ({
    id,
    kind: "person",
    person: "one",
    workload: null,
    tokensFromS: 0,
    status: "active",
    assignments: [{ role, study: "S1", site: "701", fromMs, untilMs }],
  });
  const space = { principals: [held("p0", "alpha", 0, 2_000), held("p1", "beta", 2_500, null)], sites: SITES, nowMs: NOW };
  const pair = { first: "packet.upload", second: "packet.release" } as const;
  const rows = separationImpactOf(of([]), of([{ id: "apart", ...pair }]), space);
  expect(rows).toEqual([{ person: "one", principals: ["p0", "p1"], ...pair, before: true, after: false, sites: [{ study: "S1", site: "701" }], deployment: false, fromMs: 2_500 }]);
  // The other way round there is no such time.
  expect(separationImpactOf(of([]), of([{ id: "apart", first: pair.second, second: pair.first }]), space)).toEqual([]);
});
