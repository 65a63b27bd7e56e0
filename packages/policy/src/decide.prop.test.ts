import { faultTest } from "@sallyport/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { actOf } from "./act.ts";
import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import { decide, decideAct } from "./decide.ts";
import { type Action, type Assignment, type Decision, type GrantRule, type LivePrincipal, type Place, type PolicyDocument, type Question, type ResourceType } from "./model.ts";
import { isSiteToken } from "./site-token.ts";
import { TokenScope } from "./token-scope.ts";

const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 300 : 5_000;
const ROLES = ["alpha", "beta", "gamma"];
const ACTIONS: readonly Action[] = ["subject.read", "packet.upload", "trail.read"];
const RESOURCES: readonly ResourceType[] = ["subject", "packet", "trail"];
const SITES = ["701", "704"];

/** What is known of a question before the engine has it: the scope is a plain list here. */
interface Asked {
  readonly principal: LivePrincipal;
  readonly scope: readonly string[];
  readonly action: Action;
  readonly resource: ResourceType;
  readonly place: Place;
  readonly nowMs: number;
  readonly signedInBy: string | null;
}

/** What of a decision can be told by reading the documents alone. */
type Told =
  | { readonly rules: readonly string[]; readonly roles: readonly string[]; readonly sites: readonly string[]; readonly fields: readonly string[] }
  | { readonly reason: string };

/**
 * The decision, read off the plain document sentence by sentence as docs/spec/policy-v1.md §3 has it: nothing compiled, nothing kept from one question
 * to the next, and none of the engine's own functions. Written apart from it on purpose.
 */
function read(document: PolicyDocument, { principal, scope, action, resource, place, nowMs, signedInBy }: Asked): Told {
  const { assignments, stoppedAt = new Set<string>(), closedAt = new Set<string>() } = principal;
  if (principal.status !== "active") return { reason: "principal_suspended" };
  if (!scope.includes(action)) return { reason: "not_in_scope" };
  const inForce = assignments.filter(
    ({ fromMs, untilMs }) => fromMs > Number.NEGATIVE_INFINITY && fromMs <= nowMs && (untilMs === null || (untilMs < Infinity && nowMs < untilMs)),
  );
  const paths = inForce.flatMap((held) =>
    document.grants.filter((grant) => grant.role === held.role && grant.action === action && grant.resource === resource).map((grant) => ({ held, grant })),
  );
  const open = paths.filter(({ grant }) => grant.conditions === undefined || signedInBy === "passkey");
  if (open.length === 0) {
    if (paths.length > 0) return { reason: "condition" };
    return { reason: inForce.length > 0 && inForce.every(({ role }) => !ROLES.includes(role)) ? "unknown_role" : "no_rule" };
  }
  const at = (study: string, site: string) =>
    open
      .filter(({ held }) => (held.study === "*" && held.site === "*") || (held.study !== "*" && held.study === study && (held.site === "*" || held.site === site)))
      .map(({ grant }) => grant);
  const isSite = (site: unknown): boolean =>
    typeof site === "object" && site !== null && Object.values(site).every((id) => typeof id === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id));
  const stopAt = ({ study, site }: { readonly study: string; readonly site: string }): string | null => {
    if (stoppedAt.has(`${study}/${site}`) && resource !== "trail") return "locked";
    return closedAt.has(`${study}/${site}`) && action === "packet.upload" ? "closed" : null;
  };
  if (place.kind === "deployment") {
    const wide = open.filter(({ held }) => held.study === "*" && held.site === "*").map(({ grant }) => grant);
    return wide.length === 0 ? { reason: "not_deployment_wide" } : allowed(document, [{ key: null, grants: wide }]);
  }
  const named = place.kind === "one" ? [place.site] : place.sites;
  if (place.kind !== "any" && (named.length === 0 || !named.every(isSite))) return { reason: "no_site" };
  const sites = named.flatMap((site) => (site !== null && isSite(site) ? [site] : []));
  if (place.kind !== "any") for (const site of sites) if (stopAt(site) !== null) return { reason: stopAt(site) ?? "" };
  const reached = sites.filter((site) => stopAt(site) === null && at(site.study, site.site).length > 0);
  if (reached.length === 0 || (place.kind !== "any" && reached.length < sites.length)) return { reason: "other_site" };
  return allowed(
    document,
    reached.map(({ study, site }) => ({ key: `${study}/${site}`, grants: at(study, site) })),
  );
}

/** Of each place, what any of its rules shows; of all places together, what every one of them shows: a field's level is 2 for readable, 1 for masked. */
function allowed(document: PolicyDocument, places: readonly { readonly key: string | null; readonly grants: readonly GrantRule[] }[]): Told {
  const levelOf = ({ fields }: GrantRule, field: string): number => (fields?.readable.includes(field) === true ? 2 : fields?.masked.includes(field) === true ? 1 : 0);
  const part = document.grants.filter((grant) => places.some(({ grants }) => grants.includes(grant)));
  const fields = ["public", "regulatory", "phi", "treatment"].map((field) => {
    const level = Math.min(...places.map(({ grants }) => Math.max(...grants.map((grant) => levelOf(grant, field)))));
    return `${field} ${["hidden", "masked", "readable"][level] ?? ""}`;
  });
  return { rules: part.map(({ id }) => id), roles: [...new Set(part.map(({ role }) => role))], sites: places.flatMap(({ key }) => key ?? []), fields };
}

/** The engine's decision in the same words. */
function told(decision: Decision): Told {
  if (decision.effect === "deny") return { reason: decision.reason };
  const levelOf = (field: string): string => (decision.fields.readable.includes(field) ? "readable" : decision.fields.masked.includes(field) ? "masked" : "hidden");
  return {
    rules: decision.rule.split("+"),
    roles: decision.role.split("+"),
    sites: decision.sites.map(({ study, site }) => `${study}/${site}`),
    fields: ["public", "regulatory", "phi", "treatment"].map((field) => `${field} ${levelOf(field)}`),
  };
}

const fields = fc.constantFrom(
  undefined,
  { readable: ["public"], masked: ["phi"] },
  { readable: ["phi", "public"], masked: ["regulatory"] },
  { readable: [], masked: ["public", "treatment"] },
);
const rule = fc.record({
  role: fc.constantFrom(...ROLES),
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom(...RESOURCES),
  fields,
  conditions: fc.constantFrom(undefined, undefined, { signedInBy: "passkey" as const }),
});
const document: fc.Arbitrary<PolicyDocument> = fc
  .uniqueArray(rule, { selector: ({ role, action, resource }) => `${role} ${action} ${resource}`, minLength: 6, maxLength: 22 })
  .map((rows) => ({
    version: 1,
    title: "Random",
    roles: ROLES.map((name) => ({ name, description: "Random.", assignableBy: [] })),
    grants: rows.map(({ fields: shown, conditions, ...row }, at) => ({
      id: `r${at}`,
      ...row,
      ...(shown !== undefined && { fields: shown }),
      ...(conditions !== undefined && { conditions }),
    })),
    separation: [],
  }));
const assignment: fc.Arbitrary<Assignment> = fc.record({
  role: fc.constantFrom(...ROLES, ...ROLES, "unknown"),
  study: fc.constantFrom("S1", "S1", "S2", "*", ""),
  site: fc.constantFrom(...SITES, "*", "*", ""),
  fromMs: fc.constantFrom(0, 0, 0, 500, 1_500, Number.NaN, Number.NEGATIVE_INFINITY),
  untilMs: fc.constantFrom(null, null, null, 800, 2_000, Number.NaN, Number.POSITIVE_INFINITY),
});
const keys = fc.subarray(["S1/701", "S1/704", "S2/701"]).map((list) => new Set<string>(list));
const principal: fc.Arbitrary<LivePrincipal> = fc
  .record({
    status: fc.constantFrom(...Array.from({ length: 9 }, () => "active" as const), "suspended" as const),
    assignments: fc.array(assignment, { maxLength: 4 }),
    stoppedAt: fc.option(keys, { nil: undefined, freq: 3 }),
    closedAt: fc.option(keys, { nil: undefined, freq: 3 }),
  })
  .map(({ stoppedAt, closedAt, ...one }) => ({
    id: "p",
    kind: "person",
    person: "p",
    workload: null,
    tokensFromS: 0,
    ...one,
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(closedAt !== undefined && { closedAt }),
  }));
/** Each time another text, as it would come out of a database: equal ids needn't be one string. */
const fresh = (id: string): string => Buffer.from(id).toString("latin1");
const site = fc.oneof(
  { weight: 12, arbitrary: fc.record({ study: fc.constantFrom("S1", "S1", "S2").map(fresh), site: fc.constantFrom(...SITES).map(fresh) }) },
  { weight: 1, arbitrary: fc.record({ study: fc.constantFrom("S1", "*", "", "s1"), site: fc.constantFrom("*", "", "701 ", "70/1", "-701", "7".repeat(65)) }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const place: fc.Arbitrary<Place> = fc.oneof(
  { weight: 5, arbitrary: site.map((one): Place => ({ kind: "one", site: one })) },
  { weight: 4, arbitrary: fc.array(site, { maxLength: 2 }).map((sites): Place => ({ kind: "each", sites })) },
  { weight: 2, arbitrary: fc.array(site, { maxLength: 3 }).map((sites): Place => ({ kind: "any", sites: sites.flatMap((one) => one ?? []) })) },
  { weight: 3, arbitrary: fc.constant<Place>({ kind: "deployment" }) },
);
const question = fc.record({
  who: fc.nat(2),
  scope: fc.subarray([...ACTIONS], { minLength: 2 }),
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom(...RESOURCES),
  place,
  nowMs: fc.constantFrom(0, 499, 500, 799, 800, 1_000, 1_500, 2_000, Number.NaN),
  signedInBy: fc.constantFrom("passkey", "passkey", "terminal", null),
});

faultTest("R1", "whatever is asked, in whatever order, is decided as a plain reading of the documents says, with its rules, roles, sites and fields", async (defence) => {
  const seen = new Map<string, number>();
  const outcome = fc.check(
    // Two policies and three principals, asked in turns: what was made ready for one must never answer for another, nor for another time.
    fc.property(fc.tuple(document, document), fc.tuple(principal, principal, principal), fc.array(question, { minLength: 10, maxLength: 40 }), (documents, people, questions) => {
      const policies = documents.map((each) => compilePolicy(each));
      for (const [at, { who, scope, ...asked }] of questions.entries()) {
        const one = people[who] as LivePrincipal;
        const [plain, compiled] = [documents[at % 2] as PolicyDocument, policies[at % 2] as CompiledPolicy];
        const expected = read(plain, { ...asked, principal: one, scope });
        const whole: Question = { ...asked, principal: one, scope: new TokenScope(scope) };
        // With the defence off, what a token may do is taken from the first question of the row, as if rights were kept for longer than they hold.
        const rights = compiled.rights(one, defence === "on" ? whole.scope : new TokenScope(questions[0]?.scope ?? []));
        const ready = decideAct(rights, actOf(asked.action, asked.resource), asked.place, { nowMs: asked.nowMs, signedInBy: asked.signedInBy, subject: null });
        const outcomes = [told(ready), ...(defence === "on" ? [told(decide(compiled, whole))] : [])];
        for (const each of outcomes) expect(each).toEqual(expected);
        const kind = "reason" in expected ? expected.reason : `allow ${asked.place.kind}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: RUNS },
  );
  expect(outcome.failed ? String(outcome.errorInstance) : null).toBeNull();
  // Every answer that there is was given.
  const kinds = ["no_rule", "not_in_scope", "no_site", "other_site", "not_deployment_wide", "principal_suspended", "unknown_role", "condition", "locked", "closed"];
  for (const kind of [...kinds, "allow one", "allow each", "allow any", "allow deployment"]) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
});

test("an id is what the expression of the specification says", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 4 }), fc.string({ unit: fc.constantFrom("a", "Z", "0", ".", "_", "-", "*", "/", "\n"), maxLength: 66 }));
  fc.assert(
    fc.property(text, (value) => isSiteToken(value) === /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)),
    { numRuns: 3_000 },
  );
  for (let code = 0; code <= 0xff; code += 1)
    for (const value of [String.fromCharCode(code), `a${String.fromCharCode(code)}`]) expect(isSiteToken(value), value).toBe(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value));
});

test("what a decision rested on can't be changed under it: the answer and the assignments are frozen", () => {
  const compiled = compilePolicy({
    version: 1,
    title: "Small",
    roles: [{ name: "alpha", description: "Reads.", assignableBy: [] }],
    grants: [{ id: "reads", role: "alpha", action: "subject.read", resource: "subject", fields: { readable: ["public"], masked: [] } }],
    separation: [],
  });
  const assignments = [{ role: "alpha", study: "S1", site: "701", fromMs: 0, untilMs: null as number | null }];
  const one: LivePrincipal = { id: "p", kind: "person", person: "p", status: "active", workload: null, tokensFromS: 0, assignments };
  const asked: Question = {
    principal: one,
    scope: new TokenScope(["subject.read"]),
    action: "subject.read",
    resource: "subject",
    place: { kind: "one", site: { study: "S1", site: "701" } },
    nowMs: 1,
  };
  const decision = decide(compiled, asked);
  if (decision.effect === "deny") throw new Error("denied");
  const writable = decision as unknown as { rule: string; sites: { site: string }[]; fields: { readable: string[] } };
  expect(() => (writable.rule = "other")).toThrow(TypeError);
  expect(() => writable.sites.push({ site: "704" })).toThrow(TypeError);
  expect(() => writable.fields.readable.push("phi")).toThrow(TypeError);
  for (const each of writable.sites) expect(() => (each.site = "704")).toThrow(TypeError);
  for (const held of assignments) expect(() => (held.site = "*")).toThrow(TypeError);
  expect(() => assignments.push({ role: "alpha", study: "*", site: "*", fromMs: 0, untilMs: null })).toThrow(TypeError);
  // Another list is another principal's, and is read anew.
  expect(decide(compiled, { ...asked, principal: { ...one, assignments: [] } }).effect).toBe("deny");
  expect(decide(compiled, { ...asked, principal: { ...one, status: "suspended" } }).effect).toBe("deny");
});
