import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { ACTIONS, type PolicyDocument, RESOURCE_TYPES } from "./model.ts";
import { runSuite } from "./run-suite.ts";
import { starterPolicy } from "./starter.ts";
import { starterSuite } from "./starter-suite.ts";
import { readSuite, suiteOf } from "./suite.ts";

const changed = (change: (document: PolicyDocument) => Partial<PolicyDocument>): ReturnType<typeof compilePolicy> => compilePolicy({ ...starterPolicy, ...change(starterPolicy) });
const shipped = readSuite(starterSuite());
const failuresOf = (policy: ReturnType<typeof compilePolicy>, suite = shipped): readonly string[] =>
  runSuite(policy, suite).failures.map(({ role, action, resource, expected, found }) => `${role} ${action} ${resource}: ${expected} / ${found}`);

test("the shipped suite states the starter policy exactly", () => {
  const { asked, failed, failures } = runSuite(compilePolicy(starterPolicy), shipped);
  expect(failures).toEqual([]);
  expect(failed).toBe(0);
  // One question for each role, act and thing, and one for each act after each other, at least: all of them are asked.
  expect(asked).toBeGreaterThan((starterPolicy.roles.length + 1) * ACTIONS.length * RESOURCE_TYPES.length + ACTIONS.length ** 2);
});

test("what a suite doesn't list is expected to be denied", () => {
  const wider = changed(({ grants }) => ({ grants: [...grants, { id: "extra", role: "site_coordinator", action: "packet.release", resource: "packet" }] }));
  expect(failuresOf(wider)).toEqual([
    "site_coordinator packet.release packet: deny / allow, readable [], masked []",
    "site_coordinator packet.release packet: deny / allow, readable [], masked []",
    "site_coordinator packet.release packet: deny / allow",
  ]);
});

test("what a suite lists and the policy doesn't allow, shows otherwise, or ties to a condition, fails", () => {
  const less = changed(({ grants }) => ({ grants: grants.filter(({ id }) => id !== "auditor:trail.export:trail") }));
  expect(failuresOf(less)).toEqual(["auditor trail.export trail: allow, readable [], masked [] / deny"]);
  const opened = changed(({ grants }) => ({
    grants: grants.map((grant) =>
      grant.id === "clinical_reviewer:subject.read:subject" ? { ...grant, fields: { readable: ["public", "regulatory", "phi"], masked: [] } } : grant,
    ),
  }));
  expect(failuresOf(opened)[0]).toBe(
    "clinical_reviewer subject.read subject: allow, readable [public, regulatory], masked [phi] / allow, readable [phi, public, regulatory], masked []",
  );
  const conditional = changed(({ grants }) => ({
    grants: grants.map((grant) => (grant.id === "auditor:trail.export:trail" ? { ...grant, conditions: { signedInBy: "passkey" as const } } : grant)),
  }));
  expect(failuresOf(conditional)).toEqual(["auditor trail.export trail: allow, readable [], masked [] / deny"]);
});

test("a separation that a suite doesn't list, and one that the policy lost, fail", () => {
  const less = changed(({ separation }) => ({ separation: [...separation.slice(1), { id: "more", first: "packet.upload", second: "phi.read" }] }));
  expect(failuresOf(less)).toEqual(["- packet.inspect -: separated / not separated", "- phi.read -: not separated / separated"]);
});

test("every cell and every pair of acts is asked: an engine that lets one through that the document doesn't list fails", () => {
  const policy = compilePolicy(starterPolicy);
  const real = policy.rights.bind(policy);
  // What the document says and what the compiled table does are two things: here the table of one role is another's.
  policy.rights = (principal, scope) => {
    const [held] = principal.assignments;
    const swapped = held?.role === "site_coordinator" ? [{ ...held, role: "auditor" }] : principal.assignments;
    return real({ ...principal, assignments: swapped }, scope);
  };
  expect(failuresOf(policy)).toContain("site_coordinator trail.export trail: deny / allow, readable [], masked []");
});

test("the suite that is made of a policy states that policy, and nothing else", () => {
  const conditional = changed(({ grants }) => ({ grants: grants.map((grant) => ({ ...grant, conditions: { signedInBy: "passkey" as const } })) }));
  for (const policy of [compilePolicy(starterPolicy), conditional]) expect(failuresOf(policy, readSuite(suiteOf(policy.document)))).toEqual([]);
  expect(failuresOf(conditional).length).toBeGreaterThan(50);
});

test.each<[string, string]>([
  ["an action that there isn't", "allowed: { auditor: [trail.burn trail] }"],
  ["a resource type that there isn't", "allowed: { auditor: [trail.read subjects] }"],
  ["a member that a suite doesn't have", "roles: {}"],
  ["a case that asks nothing", "cases: [{ says: x, role: auditor }]"],
  ["a role that is held nowhere", 'cases: [{ says: x, role: auditor, at: "*/701", may: [trail.read trail] }]'],
  ["a resource at every site", 'cases: [{ says: x, role: auditor, site: "PILOT/*", may: [trail.read trail] }]'],
  ["a field class that there isn't", "allowed: { auditor: [{ subject.read subject: { readable: [secret] } }] }"],
  ["the same cell twice", "allowed: { auditor: [trail.read trail, trail.read trail] }"],
  ["a key twice", "allowed: {}\nallowed: {}"],
  ["an alias", "allowed: { a: &x [trail.read trail], b: *x }"],
  ["a tag", "allowed: !!set { a }"],
  ["no YAML", "allowed: ["],
  ["a list", "- 1"],
])("a suite with %s is refused, with the place", (_name, text) => {
  let code = "read";
  try {
    readSuite(text);
  } catch (error) {
    code = codeOf(error);
    expect((error as { context: { where: string[] } }).context.where[0]).toMatch(/^suite/);
  }
  expect(code).toBe("policy.invalid");
});
