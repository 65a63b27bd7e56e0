import { type ErrorCode, catalog } from "@sallyport/errors";
import { type Assignment, compilePolicy, type Decision, decide, type LivePrincipal, type Place, starterPolicy } from "@sallyport/policy";
import { expect, test } from "vitest";
import { decidedAgain } from "./recorded-crossing.ts";
import { neededOnRecord, questionRecorded } from "./recorded-question.ts";

type Reason = Extract<Decision, { effect: "deny" }>["reason"];

const AT = "2026-03-01T00:00:00.000Z";
const SITES = ["701", "704"].map((site) => ({ study: "S1", site }));
const policy = compilePolicy({
  ...starterPolicy,
  grants: starterPolicy.grants.map((grant) => (grant.action === "packet.release" ? { ...grant, conditions: { signedInBy: "passkey" } } : grant)),
});
const held = (role: string, site = "701", study = "S1"): Assignment => ({ role, study, site, fromMs: 0, untilMs: null });
const person = (...assignments: readonly Assignment[]): LivePrincipal => ({ id: "p", kind: "person", person: "p", status: "active", workload: null, tokensFromS: 0, assignments });
const denied = (action: string, reason: string, more: { readonly resource?: string } = {}) => ({
  action,
  resource: "-",
  site: "-",
  decision: "deny" as const,
  reason,
  timestamp_utc: AT,
  ...more,
});
const with_ = (principal: LivePrincipal) => ({ principal, rule: null, emergency: null, sites: SITES });

/** What each reason of the engine is explained as: its place, and what would be needed. Every reason stands here: one that is added has to be. */
const REASONS: Readonly<
  Record<Exclude<Reason, "separation">, { readonly record: ReturnType<typeof denied>; readonly who: LivePrincipal; readonly place: Place["kind"]; readonly needed: string }>
> = {
  no_rule: {
    record: denied("subject.list", "policy.denied:no_rule"),
    who: person(held("key_custodian", "*", "*")),
    place: "deployment",
    needed: "regulatory_reviewer or clinical_reviewer or auditor, where it belongs: at its site, or over the whole deployment if it has none",
  },
  unknown_role: {
    record: denied("packet.read", "policy.denied:unknown_role"),
    who: person(held("gone")),
    place: "deployment",
    needed: "data_steward, where it belongs: at its site, or over the whole deployment if it has none",
  },
  other_site: { record: denied("packet.read", "policy.denied:other_site"), who: person(held("data_steward", "704")), place: "one", needed: "data_steward at the resource's site" },
  not_deployment_wide: {
    record: denied("role.change", "policy.denied:not_deployment_wide"),
    who: person(held("security_admin")),
    place: "deployment",
    needed: "security_admin over the whole deployment",
  },
  no_site: { record: denied("packet.read", "policy.denied:no_site"), who: person(held("data_steward")), place: "one", needed: "a resource with a registered site" },
  not_in_scope: {
    record: denied("packet.read", "policy.denied:not_in_scope"),
    who: person(held("data_steward")),
    place: "deployment",
    needed: "a token whose scope names the action",
  },
  principal_suspended: {
    record: denied("packet.read", "policy.denied:principal_suspended"),
    who: person(held("data_steward")),
    place: "deployment",
    needed: "an active principal",
  },
  condition: {
    record: denied("packet.release", "policy.denied:condition"),
    who: person(held("data_steward", "*", "*")),
    place: "deployment",
    needed: "data_steward, where it belongs: at its site, or over the whole deployment if it has none; signed in with a passkey",
  },
  locked: { record: denied("packet.read", "policy.denied:locked"), who: person(held("data_steward")), place: "one", needed: "the site's lock lifted" },
  closed: { record: denied("packet.upload", "policy.denied:closed"), who: person(held("ingestion_service")), place: "one", needed: "a site that isn't closed" },
};

test.each(Object.entries(REASONS))("%s on record is explained as that, and asks for no more than it takes", (reason, { record, who, place, needed }) => {
  const question = questionRecorded(policy, record, with_(who));
  if (question === null) throw new Error("no question ends as recorded");
  const decision = decide(policy, question);
  expect([question.place.kind, decision]).toMatchObject([place, { effect: "deny", reason }]);
  const words = decision.effect === "deny" ? decision.needed : "";
  expect(neededOnRecord(record, record.action, policy.rolesFor(question.action, question.resource)) ?? words).toBe(needed);
});

test("what no rule refused has no question: it says what was wanting beside the rules", () => {
  const admin = person(held("security_admin", "*", "*"));
  const needs: readonly (readonly [string, string])[] = [
    ["policy.separation", "another person"],
    ["policy.denied:not_theirs", "the account whose it is"],
    ["policy.denied:no_second_right", "beside this right, the other one that the act takes at the same place"],
    ["policy.denied", "a thing that is there, and that the caller may do this to"],
    ...(["input.invalid", "approval.state", "trail.frozen"] as const).map((code: ErrorCode) => [code, catalog[code].remedy] as const),
  ];
  for (const [reason, needed] of needs) {
    const record = denied("approval.decide", reason);
    expect(questionRecorded(policy, record, with_(admin)), reason).toBeNull();
    expect(neededOnRecord(record, record.action, ["security_admin"]), reason).toBe(needed);
  }
});

test("a refusal that nothing of then explains is left as it is: never the answer to another question", () => {
  expect(questionRecorded(policy, denied("packet.read", "policy.denied:other_site"), with_(person(held("data_steward", "*", "*"))))).toBeNull();
  expect(neededOnRecord(denied("packet.read", "policy.denied:other_site"), "packet.read", ["data_steward"])).toBeNull();
});

test("a lock, a closed site or a suspension of today is none of then", () => {
  const today: LivePrincipal = { ...person(held("data_steward")), status: "suspended", stoppedAt: new Set(["S1/701"]), closedAt: new Set(["S1/701"]) };
  const allowed = { ...denied("packet.release", "allowed"), decision: "allow" as const, site: "S1/701" };
  expect(questionRecorded(policy, allowed, with_(today))).not.toBeNull();
  const narrower = compilePolicy({ ...policy.document, grants: policy.document.grants.filter(({ action }) => action !== "packet.release") });
  const crossing = { ...allowed, principal: "p", atMs: Date.parse(AT) };
  const space = { sites: SITES, emergencies: [] };
  expect(decidedAgain([policy, narrower], today, crossing, space)).toEqual({ before: "allow", after: "deny" });
  // What was locked then stays refused by whatever policy; what was signed in for otherwise is asked so again.
  const wider = compilePolicy({ ...policy.document, grants: starterPolicy.grants });
  const everywhere = person(held("data_steward", "*", "*"));
  const refused = { ...crossing, site: "-", decision: "deny" };
  expect(decidedAgain([policy, wider], everywhere, { ...refused, reason: "policy.denied:condition" }, space)).toEqual({ before: "deny", after: "allow" });
  expect(decidedAgain([policy, wider], everywhere, { ...refused, reason: "policy.denied:locked" }, space)).toEqual({ before: "deny", after: "deny" });
});

test("a crossing that an emergency may have let through isn't decided again", () => {
  const emergency = { id: "emg_1", principal: "p", subject: "sub_1", study: "S1", site: "701", fromMs: Date.parse(AT) - 1, untilMs: Date.parse(AT) + 1 };
  const crossing = { principal: "p", action: "phi.read", site: "S1/701", decision: "allow", reason: "allowed", atMs: Date.parse(AT) };
  const opener = person(held("site_coordinator", "704"));
  const again = (emergencies: readonly (typeof emergency)[]) => decidedAgain([policy, policy], opener, crossing, { sites: SITES, emergencies });
  expect(again([emergency])).toBeNull();
  for (const other of [{ principal: "q" }, { site: "704" }, { untilMs: emergency.fromMs }]) expect(again([{ ...emergency, ...other }])).toEqual({ before: "deny", after: "deny" });
});
