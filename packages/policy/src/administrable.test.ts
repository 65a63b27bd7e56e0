import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { assertAdministrable } from "./administrable.ts";
import { compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { policyDifference } from "./difference.ts";
import type { LivePrincipal, PolicyDocument } from "./model.ts";
import { starterPolicy } from "./starter.ts";
import { TokenScope } from "./token-scope.ts";

const NOW = 1_000;
const administrator = (id: string, over: Partial<LivePrincipal> = {}): LivePrincipal => ({
  id,
  kind: "person",
  person: id,
  status: "active",
  workload: null,
  tokensFromS: 0,
  assignments: [{ role: "security_admin", study: "*", site: "*", fromMs: 0, untilMs: null }],
  ...over,
});
const ADA = administrator("ada");
const BEN = administrator("ben");
const without = (id: string): PolicyDocument => ({ ...starterPolicy, grants: starterPolicy.grants.filter((grant) => grant.id !== id) });
const refusal = (document: PolicyDocument, principals: readonly LivePrincipal[]): string => {
  try {
    assertAdministrable(compilePolicy(document), principals, NOW);
    return "taken";
  } catch (error) {
    return codeOf(error);
  }
};

test("the starter policy with two administrators can be changed again", () => {
  expect(refusal(starterPolicy, [ADA, BEN])).toBe("taken");
});

test.each(["role.change:role", "role.read:role", "approval.read:approval", "approval.decide:approval"])("a policy that takes %s from administrators is refused", (right) => {
  expect(refusal(without(`security_admin:${right}`), [ADA, BEN])).toBe("policy.invalid");
});

test.each<[string, LivePrincipal]>([
  ["is suspended", administrator("ben", { status: "suspended" })],
  ["is another account of the first", administrator("ben", { person: "ada" })],
  ["is a service", administrator("ben", { kind: "service" })],
  ["is administrator of one study", administrator("ben", { assignments: [{ role: "security_admin", study: "PILOT", site: "*", fromMs: 0, untilMs: null }] })],
  ["isn't administrator any more", administrator("ben", { assignments: [{ role: "security_admin", study: "*", site: "*", fromMs: 0, untilMs: 500 }] })],
])("a second administrator who %s is none", (_name, second) => {
  expect(refusal(starterPolicy, [ADA, second])).toBe("people.floor");
});

faultTest("R8", "a right that is tied to a passkey is denied to who signed in otherwise, and to a service", async (defence) => {
  const tied: PolicyDocument = {
    ...starterPolicy,
    grants: starterPolicy.grants.map((grant) => (grant.action === "role.change" && defence === "on" ? { ...grant, conditions: { signedInBy: "passkey" as const } } : grant)),
  };
  const policy = compilePolicy(tied);
  const ask = (signedInBy?: string | null) =>
    decide(policy, {
      principal: ADA,
      scope: new TokenScope(["role.change"]),
      action: "role.change",
      resource: "role",
      place: { kind: "deployment" },
      nowMs: NOW,
      ...(signedInBy !== undefined && { signedInBy }),
    });
  expect(ask("passkey").effect).toBe("allow");
  for (const other of ["password", "provider", "", "Passkey", null, undefined]) expect(ask(other), String(other)).toMatchObject({ effect: "deny", reason: "condition" });
});

test("a difference names every change in words, and a document has none from itself", () => {
  expect(policyDifference(starterPolicy, { ...starterPolicy, version: 2 })).toEqual([]);
  const changed: PolicyDocument = {
    ...starterPolicy,
    roles: [...starterPolicy.roles.slice(1), { name: "monitor", description: "Monitors.", assignableBy: ["security_admin"] }],
    grants: [
      ...starterPolicy.grants
        .filter(({ role, id }) => role !== "site_coordinator" && id !== "auditor:trail.export:trail")
        .map((grant) => (grant.id === "clinical_reviewer:subject.read:subject" ? { ...grant, fields: { readable: ["public"], masked: [] } } : grant)),
      { id: "m1", role: "monitor", action: "role.read", resource: "role", conditions: { signedInBy: "passkey" } },
    ],
    separation: [],
  };
  const told = policyDifference(starterPolicy, changed);
  expect(told).toContainEqual({ kind: "role", what: "role monitor", before: null, after: "Monitors. Assigned by: security_admin." });
  expect(told).toContainEqual({ kind: "grant", what: "auditor: trail.export trail", before: "allowed (auditor:trail.export:trail)", after: null });
  expect(told).toContainEqual({ kind: "grant", what: "monitor: role.read role", before: null, after: 'allowed (m1); only if {"signedInBy":"passkey"}' });
  expect(told).toContainEqual({
    kind: "grant",
    what: "clinical_reviewer: subject.read subject",
    before: "allowed (clinical_reviewer:subject.read:subject); readable: public, regulatory; masked: phi",
    after: "allowed (clinical_reviewer:subject.read:subject); readable: public; masked: none",
  });
  expect(told.filter(({ kind }) => kind === "separation")).toHaveLength(3);
});
