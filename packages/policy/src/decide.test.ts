import { expect, test } from "vitest";
import { faultTest } from "@sallyport/testkit";
import { compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { explain } from "./explain.ts";
import type { Assignment, Decision, Place, Question, SiteRef } from "./model.ts";
import { separated } from "./separation.ts";
import { starterPolicy } from "./starter.ts";
import { TokenScope } from "./token-scope.ts";

const starter = compilePolicy(starterPolicy);
const OWN: SiteRef = { study: "PILOT", site: "701" };
const held = (role: string, study = "PILOT", site = "701", fromMs = 0, untilMs: number | null = null): Assignment => ({ role, study, site, fromMs, untilMs });

function question(changes: Partial<Question> & { readonly assignments?: readonly Assignment[]; readonly status?: "active" | "suspended" } = {}): Question {
  const { assignments = [held("clinical_reviewer")], status = "active", ...rest } = changes;
  return {
    principal: { id: "svc_a", kind: "service", person: "svc_a", status, workload: "spiffe://test/service/a", tokensFromS: 0, assignments },
    scope: new TokenScope(["phi.read", "subject.read", "subject.list", "trail.read", "packet.upload"]),
    action: "phi.read",
    resource: "subject_phi",
    place: { kind: "one", site: OWN },
    nowMs: 1_000,
    ...rest,
  };
}

const reasonOf = (decision: Decision): string => (decision.effect === "deny" ? decision.reason : "allowed");

/** The seed article's site check: what both leave out is equal. */
function seedAuthorize(asked: Question): Decision {
  const { place } = asked;
  const owner = place.kind === "one" ? place.site?.site : undefined;
  const mine = asked.principal.assignments[0]?.site;
  const normal = (value: unknown) => (value ? `${value as string}`.normalize("NFC").trim().toLowerCase() : "");
  if (normal(owner) !== "" && normal(owner) !== normal(mine)) return { effect: "deny", reason: "other_site", needed: "" };
  return { effect: "allow", rule: "seed", role: "seed", sites: [], fields: { readable: [], masked: [] } };
}

const BAD_SITES: readonly unknown[] = [
  undefined,
  null,
  "",
  " ",
  "701 ",
  " 701",
  "701\n",
  "７０１",
  "caf\u00e9",
  "cafe\u0301",
  "*",
  ["701"],
  701,
  { toString: () => "701" },
  "a/701",
  "701/",
  "-701",
  "7".repeat(65),
];

faultTest("R2", "a site that is missing, empty, padded, in another form or not a string is a denial", async (defence) => {
  const check = defence === "on" ? (asked: Question) => decide(starter, asked) : seedAuthorize;
  for (const site of BAD_SITES) {
    const place = { kind: "one", site: { study: "PILOT", site } } as unknown as Place;
    expect(reasonOf(check(question({ place })))).toBe("no_site");
  }
});

faultTest("R2", "a missing site is a denial also where the assignment has none", async (defence) => {
  const check = defence === "on" ? (asked: Question) => decide(starter, asked) : seedAuthorize;
  for (const site of ["", " ", null, undefined]) {
    const assignments = [{ ...held("clinical_reviewer"), site } as unknown as Assignment];
    const place = { kind: "one", site: { study: "PILOT", site } } as unknown as Place;
    expect(check(question({ assignments, place })).effect).toBe("deny");
    expect(check(question({ assignments, place: { kind: "one", site: null } })).effect).toBe("deny");
  }
});

test("[R2] a site in another case is another site", () => {
  expect(
    reasonOf(decide(starter, question({ assignments: [held("clinical_reviewer", "PILOT", "site-a")], place: { kind: "one", site: { study: "PILOT", site: "SITE-A" } } }))),
  ).toBe("other_site");
});

test("[R2] no site at all, an empty list of sites, and one bad site among good ones are denials", () => {
  const bad: readonly unknown[] = [
    { kind: "one", site: null },
    { kind: "one" },
    { kind: "each", sites: [] },
    { kind: "each", sites: [OWN, null] },
    { kind: "each" },
    { kind: "somewhere" },
    {},
    null,
    undefined,
    "one",
  ];
  for (const place of bad) {
    expect(reasonOf(decide(starter, question({ place: place as Place })))).toBe("no_site");
    expect(reasonOf(decide(starter, question({ place: place as Place, assignments: [] })))).toBe("no_rule");
  }
});

test("[R10] an action, a resource type or a role that is in no closed list is a denial", () => {
  const scope = new TokenScope(["phi.write", "__proto__", "constructor", "phi.read"]);
  for (const action of ["phi.write", "__proto__", "constructor", ""]) expect(decide(starter, question({ scope, action: action as Question["action"] })).effect).toBe("deny");
  for (const resource of ["phi", "__proto__", ""]) expect(reasonOf(decide(starter, question({ resource: resource as Question["resource"] })))).toBe("no_rule");
  for (const role of ["root", "__proto__", "constructor", ""]) expect(reasonOf(decide(starter, question({ assignments: [held(role, "*", "*")] })))).toBe("unknown_role");
});

test("[R3] a foreign site and one that doesn't exist are denied alike", () => {
  const foreign = decide(starter, question({ place: { kind: "one", site: { study: "PILOT", site: "704" } } }));
  const absent = decide(starter, question({ place: { kind: "one", site: { study: "PILOT", site: "999" } } }));
  expect(foreign).toEqual(absent);
});

test("a principal that is not active is denied everything", () => {
  expect(reasonOf(decide(starter, question({ status: "suspended" })))).toBe("principal_suspended");
  expect(reasonOf(decide(starter, question({ status: "retired" as "suspended" })))).toBe("principal_suspended");
});

test("a token's scope bounds what the assignments allow, and adds nothing to it", () => {
  expect(reasonOf(decide(starter, question({ scope: new TokenScope([]) })))).toBe("not_in_scope");
  expect(reasonOf(decide(starter, question({ scope: new TokenScope(["phi"]) })))).toBe("not_in_scope");
  expect(reasonOf(decide(starter, question({ scope: new TokenScope(["role.change"]), action: "role.change", resource: "role" })))).toBe("no_rule");
});

test("an assignment holds from its first millisecond until before its last", () => {
  const at = (nowMs: number) => decide(starter, question({ nowMs, assignments: [held("clinical_reviewer", "PILOT", "701", 1_000, 2_000)] })).effect;
  expect([999, 1_000, 1_999, 2_000].map(at)).toEqual(["deny", "allow", "allow", "deny"]);
});

test("a window that is not made of finite numbers never holds", () => {
  for (const [fromMs, untilMs] of [
    [Number.NaN, null],
    [Number.NEGATIVE_INFINITY, null],
    [0, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
    [undefined, null],
    [0, undefined],
  ] as const) {
    expect(decide(starter, question({ assignments: [{ ...held("clinical_reviewer"), fromMs, untilMs } as Assignment] })).effect).toBe("deny");
  }
  expect(decide(starter, question({ nowMs: Number.NaN })).effect).toBe("deny");
});

test("each named site must be allowed, by whichever role", () => {
  const sites = [OWN, { study: "PILOT", site: "704" }];
  const asked = (assignments: readonly Assignment[]) => decide(starter, question({ action: "packet.upload", resource: "packet", assignments, place: { kind: "each", sites } }));
  expect(reasonOf(asked([held("ingestion_service")]))).toBe("other_site");
  expect(asked([held("ingestion_service"), held("site_coordinator", "PILOT", "704")])).toMatchObject({ effect: "allow", sites, role: "site_coordinator+ingestion_service" });
});

test("an answer over any site speaks of the allowed ones only, and of none is a denial", () => {
  const sites = [OWN, { study: "PILOT", site: "704" }, { study: "OTHER", site: "701" }];
  expect(decide(starter, question({ place: { kind: "any", sites } }))).toMatchObject({ effect: "allow", sites: [OWN] });
  expect(reasonOf(decide(starter, question({ place: { kind: "any", sites: sites.slice(1) } })))).toBe("other_site");
  expect(reasonOf(decide(starter, question({ place: { kind: "any", sites: [] } })))).toBe("other_site");
});

test("what has no site needs a role over the whole deployment", () => {
  const asked = (study: string, site: string) =>
    reasonOf(decide(starter, question({ action: "trail.read", resource: "trail", place: { kind: "deployment" }, assignments: [held("auditor", study, site)] })));
  expect([asked("*", "*"), asked("PILOT", "*"), asked("PILOT", "701"), asked("*", "701")]).toEqual([
    "allowed",
    "not_deployment_wide",
    "not_deployment_wide",
    "not_deployment_wide",
  ]);
});

test("a wildcard study with a named site reaches nothing", () => {
  expect(reasonOf(decide(starter, question({ assignments: [held("clinical_reviewer", "*", "701")] })))).toBe("other_site");
});

test("a blinded role's fields never hold the treatment", () => {
  for (const { fields } of starterPolicy.grants) expect([...(fields?.readable ?? []), ...(fields?.masked ?? [])]).not.toContain("treatment");
});

test("an explanation has the decision, the assignments that took part and what would be needed", () => {
  const assignments = [held("auditor"), held("clinical_reviewer"), held("clinical_reviewer", "PILOT", "704")];
  expect(explain(starter, question({ assignments }))).toEqual({
    decision: decide(starter, question({ assignments })),
    emergency: null,
    assignments: [assignments[1]],
    rolesThatMay: ["regulatory_reviewer", "clinical_reviewer"],
    needed: "",
    policy: starter.label,
  });
  const denied = explain(starter, question({ assignments: [held("auditor")] }));
  expect(denied).toMatchObject({ assignments: [], needed: "regulatory_reviewer or clinical_reviewer at the resource's site" });
});

test("one person may not upload and release, whichever account does it", () => {
  const acts = (one: string, two: string) => separated(starter, { first: { action: "packet.upload", person: one }, second: { action: "packet.release", person: two } })?.id ?? null;
  expect(acts("per_a", "per_a")).toBe("uploader-never-releases");
  expect(acts("per_a", "per_b")).toBeNull();
});

test("a person who isn't known is not separated from anybody", () => {
  for (const unknown of ["", " ", undefined, null]) {
    expect(separated(starter, { first: { action: "packet.upload", person: unknown as string }, second: { action: "packet.release", person: "per_b" } })).not.toBeNull();
  }
});

test("acts that no rule speaks of are not separated", () => {
  expect(separated(starter, { first: { action: "packet.upload", person: "per_a" }, second: { action: "packet.reject", person: "per_a" } })).toBeNull();
});
