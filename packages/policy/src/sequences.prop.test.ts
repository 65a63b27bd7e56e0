import { faultTest } from "@sallyport/testkit";
import fc from "fast-check";
import { expect } from "vitest";
import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { siteFilter, siteMatches } from "./filter.ts";
import { type Action, type Assignment, type LivePrincipal, type PolicyDocument, RESOURCE_TYPES, type SiteRef } from "./model.ts";
import { starterPolicy } from "./starter.ts";
import { TokenScope } from "./token-scope.ts";

const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 100 : 20_000;
const SITES: readonly SiteRef[] = [
  { study: "PILOT", site: "701" },
  { study: "PILOT", site: "704" },
  { study: "OTHER", site: "701" },
];
const READS: readonly Action[] = ["subject.list", "subject.read", "phi.read", "packet.read", "document.read"];
const ROLES = starterPolicy.roles.map(({ name }) => name);
const PEOPLE = ["ann", "bea", "cid"] as const;

/** One step: somebody is given a role at a place, loses one, is stopped or let go on, time passes, the policy changes, or somebody reads. */
type Step =
  | { readonly kind: "assign"; readonly who: number; readonly role: string; readonly at: number; readonly whole: boolean; readonly untilMs: number | null }
  | { readonly kind: "end"; readonly who: number }
  | { readonly kind: "status"; readonly who: number; readonly status: "active" | "suspended" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "policy"; readonly drop: number }
  | { readonly kind: "read"; readonly who: number; readonly action: Action; readonly at: number };

const who = fc.nat(PEOPLE.length - 1);
const at = fc.nat(SITES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("assign" as const), who, role: fc.constantFrom(...ROLES), at, whole: fc.boolean(), untilMs: fc.constantFrom(null, null, 50) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("status" as const), who, status: fc.constantFrom("active" as const, "suspended" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(10, 60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("policy" as const), drop: fc.nat(200) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("read" as const), who, action: fc.constantFrom(...READS), at }) },
);

/**
 * What may be read, told without the engine: by walking the plain list of grants for one that names the role and the act, and the plain list of
 * assignments for one that names the site. Written apart from it on purpose.
 */
function mayRead(document: PolicyDocument, { status, assignments }: LivePrincipal, action: Action, resource: string, { study, site }: SiteRef, nowMs: number): boolean {
  if (status === "suspended") return false;
  for (const held of assignments) {
    const isNow = held.fromMs <= nowMs && (held.untilMs === null || held.untilMs > nowMs);
    const isThere = held.study === study && (held.site === "*" || held.site === site);
    if (isNow && isThere && document.grants.some((grant) => grant.role === held.role && grant.action === action && grant.resource === resource)) return true;
  }
  return false;
}

interface World {
  document: PolicyDocument;
  compiled: CompiledPolicy;
  people: LivePrincipal[];
  nowMs: number;
}

function held(assignments: readonly Assignment[], { role, at: where, whole, untilMs }: Extract<Step, { kind: "assign" }>, nowMs: number): readonly Assignment[] {
  const { study, site } = SITES[where] as SiteRef;
  return [...assignments, { role, study, site: whole ? "*" : site, fromMs: nowMs, untilMs: untilMs === null ? null : nowMs + untilMs }];
}

/** Takes a step; answers what a read that was allowed could see although it may not, and how many were allowed. */
function take(world: World, one: Step, covers: (assigned: SiteRef, asked: SiteRef) => SiteRef): { readonly wrong: readonly string[]; readonly allowed: number } {
  const change = (index: number, of: (principal: LivePrincipal) => Partial<LivePrincipal>): void => {
    world.people = world.people.map((principal, n) => (n === index ? { ...principal, ...of(principal) } : principal));
  };
  switch (one.kind) {
    case "assign":
      change(one.who, ({ assignments }) => ({ assignments: held(assignments, one, world.nowMs) }));
      break;
    case "end":
      change(one.who, ({ assignments }) => ({ assignments: assignments.slice(1) }));
      break;
    case "status":
      change(one.who, () => ({ status: one.status }));
      break;
    case "wait":
      world.nowMs += one.ms;
      break;
    case "policy":
      world.document = { ...starterPolicy, version: world.document.version + 1, grants: starterPolicy.grants.filter((_, n) => n !== one.drop) };
      world.compiled = compilePolicy(world.document);
      break;
    case "read":
      return read(world, one, covers);
  }
  return { wrong: [], allowed: 0 };
}

function read(
  { document, compiled, people, nowMs }: World,
  { who: index, action, at: where }: Extract<Step, { kind: "read" }>,
  covers: (assigned: SiteRef, asked: SiteRef) => SiteRef,
) {
  const principal = people[index] as LivePrincipal;
  const site = SITES[where] as SiteRef;
  const wrong: string[] = [];
  let allowed = 0;
  for (const resource of RESOURCE_TYPES) {
    const question = { principal, scope: new TokenScope([action]), action, resource, nowMs };
    const filter = siteFilter(compiled, question);
    for (const each of SITES) {
      // With the defence off, what is asked for is taken to be at the caller's own site, as if the caller said where it belongs.
      const place = covers(principal.assignments.map((one) => ({ study: one.study, site: one.site })).find((one) => one.site !== "*") ?? each, each);
      const alone = decide(compiled, { ...question, place: { kind: "one", site: place } }).effect === "allow";
      const listed = filter.effect === "allow" && siteMatches(filter, place);
      const expected = mayRead(document, principal, action, resource, each, nowMs);
      if (alone !== expected || listed !== expected)
        wrong.push(`${principal.id} ${action} ${resource} at ${each.study}/${each.site}: ${alone}, in a list ${listed}, expected ${expected}`);
      if (alone && each === site) allowed += 1;
    }
  }
  return { wrong, allowed };
}

faultTest(
  "R1",
  "no sequence of assignments, ends, stops, waits, changes of policy and reads lets anybody read at a site where they may not",
  async (defence) => {
    let allowed = 0;
    const covers = (assigned: SiteRef, asked: SiteRef): SiteRef => (defence === "on" ? asked : assigned);
    const outcome = fc.check(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const people = PEOPLE.map((id): LivePrincipal => ({ id, kind: "person", person: id, status: "active", workload: null, tokensFromS: 0, assignments: [] }));
        const world: World = { document: starterPolicy, compiled: compilePolicy(starterPolicy), people, nowMs: 0 };
        for (const one of steps) {
          const { wrong, allowed: some } = take(world, one, covers);
          if (wrong.length > 0) return false;
          allowed += some;
        }
        return true;
      }),
      { numRuns: RUNS },
    );
    expect(outcome.counterexample).toBeNull();
    expect(allowed).toBeGreaterThan(RUNS / 10);
  },
  600_000,
);
