import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { siteFilter, siteMatches } from "./filter.ts";
import { type Action, type Assignment, type FieldRule, type PolicyDocument, type Question, siteKey, type SiteRef } from "./model.ts";
import { TokenScope } from "./token-scope.ts";

const ACTIONS: readonly Action[] = ["subject.list", "subject.read", "packet.release"];
const SUBJECTS = ["sub_a", "sub_b"];
const ROLES = ["alpha", "beta", "gamma"];
const SITES: readonly SiteRef[] = ["S1", "S2", "S3"].flatMap((study) => ["701", "704", "710"].map((site) => ({ study, site })));

const fields: fc.Arbitrary<FieldRule | undefined> = fc.constantFrom(
  undefined,
  { readable: ["public"], masked: ["phi"] },
  { readable: ["public", "phi"], masked: [] },
  { readable: [], masked: ["public", "phi", "treatment"] },
);
const policy: fc.Arbitrary<PolicyDocument> = fc
  .uniqueArray(fc.record({ role: fc.constantFrom(...ROLES), action: fc.constantFrom(...ACTIONS), resource: fc.constantFrom("subject" as const, "packet" as const), fields }), {
    selector: ({ role, action, resource }) => `${role} ${action} ${resource}`,
    minLength: 4,
    maxLength: 16,
  })
  .map((rows) => ({
    version: 1,
    title: "Random",
    roles: ROLES.map((name) => ({ name, description: "Random.", assignableBy: [] })),
    grants: rows.map(({ fields: shown, ...row }, at) => ({ id: `r${at}`, ...row, ...(shown !== undefined && { fields: shown }) })),
    separation: [],
  }));
const assignment: fc.Arbitrary<Assignment> = fc.record({
  role: fc.constantFrom(...ROLES, "unknown"),
  study: fc.constantFrom("S1", "S2", "S3", "*", ""),
  site: fc.constantFrom("701", "704", "710", "*", ""),
  fromMs: fc.constantFrom(0, 0, 500, 1_500),
  untilMs: fc.constantFrom(null, null, 800, 2_000),
});
const question: fc.Arbitrary<Omit<Question, "place">> = fc.record({
  principal: fc.record({
    id: fc.constant("prn_a"),
    kind: fc.constantFrom("person" as const, "person" as const, "service" as const),
    person: fc.constant("per_a"),
    status: fc.oneof({ weight: 9, arbitrary: fc.constant("active" as const) }, { weight: 1, arbitrary: fc.constant("suspended" as const) }),
    workload: fc.constant("w"),
    tokensFromS: fc.constant(0),
    assignments: fc.array(assignment, { minLength: 1, maxLength: 6 }),
    // Now and then, an emergency is open, was, or will be.
    emergencies: fc.array(
      fc.record({
        id: fc.constantFrom("emg_1", "emg_2"),
        principal: fc.constant("prn_a"),
        subject: fc.constantFrom(...SUBJECTS),
        study: fc.constantFrom("S1", "S1", "S1", "S2", "*"),
        site: fc.constantFrom("701", "701", "701", "704", "*"),
        fromMs: fc.constantFrom(0, 0, 0, 0, 1_500, Number.NaN),
        untilMs: fc.constantFrom(2_000, 2_000, 2_000, 2_000, 800, Number.NaN),
      }),
      { maxLength: 3 },
    ),
    // Now and then, locks have stopped some sites.
    stoppedAt: fc.oneof({ weight: 3, arbitrary: fc.constant(new Set<string>()) }, { weight: 1, arbitrary: fc.subarray(SITES.map(siteKey)).map((keys) => new Set<string>(keys)) }),
  }),
  scope: fc.subarray([...ACTIONS], { minLength: 2 }).map((actions) => new TokenScope(actions)),
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom("subject" as const, "packet" as const),
  nowMs: fc.constant(1_000),
});
const RUNS = { numRuns: 3_000 };
const isOneOf = (site: SiteRef, sites: readonly SiteRef[]) => sites.some((other) => other.study === site.study && other.site === site.site);

test("a site passes the filter if and only if it is allowed alone, and if the answer over all sites speaks of it", () => {
  let allowed = 0;
  fc.assert(
    fc.property(policy, question, (document, asked) => {
      const compiled = compilePolicy(document);
      const filter = siteFilter(compiled, asked);
      const over = decide(compiled, { ...asked, place: { kind: "any", sites: SITES } });
      for (const site of SITES) {
        const alone = decide(compiled, { ...asked, place: { kind: "one", site } }).effect === "allow";
        if (alone) allowed += 1;
        expect(filter.effect === "allow" && siteMatches(filter, site)).toBe(alone);
        expect(over.effect === "allow" && isOneOf(site, over.sites)).toBe(alone);
      }
      if (filter.effect === "deny" && over.effect === "deny") expect(filter.reason).toBe(over.reason);
    }),
    RUNS,
  );
  expect(allowed).toBeGreaterThan(1_000);
});

test("a subject passes the filter if and only if it is allowed alone, and by an emergency no other one than its own", () => {
  let byEmergency = 0;
  const mayRead = policy.map(
    (document): PolicyDocument => ({
      ...document,
      grants: [
        ...document.grants.filter(({ action, resource }) => action !== "emergency.open" || resource !== "subject"),
        { id: "open", role: "alpha", action: "emergency.open", resource: "subject", fields: { readable: ["public"], masked: ["phi"] } },
      ],
    }),
  );
  const opener = fc.constantFrom("704", "710", "*", "").map((site): Assignment => ({ role: "alpha", study: "S1", site, fromMs: 0, untilMs: null }));
  const reading = fc.tuple(question, opener).map(([asked, held]) => ({
    ...asked,
    action: "subject.read" as const,
    resource: "subject" as const,
    principal: { ...asked.principal, assignments: [held, ...asked.principal.assignments.slice(0, 1)] },
  }));
  fc.assert(
    fc.property(mayRead, reading, (document, asked) => {
      const compiled = compilePolicy(document);
      const filter = siteFilter(compiled, asked);
      for (const site of SITES) {
        const byRole = decide(compiled, { ...asked, place: { kind: "one", site } }).effect === "allow";
        for (const subject of [...SUBJECTS, "sub_c"]) {
          const alone = decide(compiled, { ...asked, subject, place: { kind: "one", site } });
          expect(filter.effect === "allow" && siteMatches(filter, site, subject)).toBe(alone.effect === "allow");
          const opened = alone.effect === "allow" ? alone.emergency : undefined;
          if (opened === undefined) {
            expect(alone.effect === "allow").toBe(byRole);
            continue;
          }
          byEmergency += 1;
          const { kind, status, emergencies, stoppedAt, assignments } = asked.principal;
          const used = emergencies?.filter(
            (each) => each.id === opened && each.subject === subject && siteKey(each) === siteKey(site) && each.fromMs <= 1_000 && each.untilMs > 1_000,
          );
          expect([kind, status, byRole, used?.length !== 0, stoppedAt?.has(siteKey(site)) ?? false]).toEqual(["person", "active", false, true, false]);
          // What opened it is still held, in this study.
          const mayOpen = document.grants.filter(({ action, resource }) => action === "emergency.open" && resource === "subject").map(({ role }) => role);
          expect(assignments.some((held) => mayOpen.includes(held.role) && held.site !== "" && (held.study === site.study || held.study === "*"))).toBe(true);
          // Neither without naming the subject, nor together with anything else.
          expect(decide(compiled, { ...asked, subject, place: { kind: "each", sites: [site] } }).effect).toBe("deny");
        }
      }
    }),
    { numRuns: 1_000 },
  );
  // Some seventy are expected.
  expect(byEmergency).toBeGreaterThan(20);
});

test("an answer over several sites shows no field that one of them alone would hide", () => {
  fc.assert(
    fc.property(policy, question, (document, asked) => {
      const compiled = compilePolicy(document);
      const over = decide(compiled, { ...asked, place: { kind: "any", sites: SITES } });
      const filter = siteFilter(compiled, asked);
      if (over.effect === "deny") return;
      for (const site of over.sites) {
        const alone = decide(compiled, { ...asked, place: { kind: "one", site } });
        const shown = alone.effect === "allow" ? alone.fields : { readable: [], masked: [] };
        for (const rule of [over.fields, filter.effect === "allow" ? filter.fields : { readable: [], masked: [] }]) {
          expect(shown.readable).toEqual(expect.arrayContaining([...rule.readable]));
          expect([...shown.readable, ...shown.masked]).toEqual(expect.arrayContaining([...rule.masked]));
        }
      }
    }),
    RUNS,
  );
});

test("one more assignment takes nothing away from what may be done at a site", () => {
  fc.assert(
    fc.property(policy, question, assignment, fc.constantFrom(...SITES), (document, asked, added, site) => {
      const compiled = compilePolicy(document);
      const before = decide(compiled, { ...asked, place: { kind: "one", site } });
      const after = decide(compiled, { ...asked, principal: { ...asked.principal, assignments: [...asked.principal.assignments, added] }, place: { kind: "one", site } });
      if (before.effect === "deny") return;
      expect(after.effect).toBe("allow");
      if (after.effect === "allow") expect(after.fields.readable).toEqual(expect.arrayContaining([...before.fields.readable]));
    }),
    RUNS,
  );
});

test("each of several sites is allowed if and only if every one of them is", () => {
  fc.assert(
    fc.property(policy, question, fc.subarray([...SITES], { minLength: 1, maxLength: 3 }), (document, asked, sites) => {
      const compiled = compilePolicy(document);
      const every = sites.every((site) => decide(compiled, { ...asked, place: { kind: "one", site } }).effect === "allow");
      expect(decide(compiled, { ...asked, place: { kind: "each", sites } }).effect === "allow").toBe(every);
    }),
    RUNS,
  );
});
