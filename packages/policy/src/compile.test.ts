import { expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { canonicalPolicy, policyDigest, policyLabel } from "./canonical.ts";
import { compilePolicy, readPolicy } from "./compile.ts";
import type { PolicyDocument } from "./model.ts";
import { starterPolicy, starterPolicyDigest } from "./starter.ts";

function whereOf(document: unknown): readonly string[] {
  try {
    compilePolicy(document);
  } catch (error) {
    if (error instanceof SallyportError && error.code === "policy.invalid") return error.context["where"] as readonly string[];
    throw error;
  }
  return [];
}

const small: PolicyDocument = {
  version: 2,
  title: "Small",
  roles: [{ name: "reader", description: "Reads.", assignableBy: ["reader"] }],
  grants: [{ id: "reads", role: "reader", action: "study.read", resource: "study", fields: { readable: ["public"], masked: ["phi"] } }],
  separation: [{ id: "apart", first: "packet.upload", second: "packet.release" }],
};
const [role] = small.roles;
const [grant] = small.grants;

test("the starter policy compiles, and its digest is the one that was published", () => {
  const compiled = compilePolicy(starterPolicy);
  expect(compiled.digest).toBe(starterPolicyDigest);
  expect(starterPolicyDigest).toBe("84357f7f9998f70b3b454fe8a92235e43f249af71537ec24111ea6cb47ca0692");
  expect(compiled.label).toBe(policyLabel(1, starterPolicyDigest));
});

test("a policy is one text, in whatever order its members stand", () => {
  const { separation, grants, roles, title, version } = small;
  expect(canonicalPolicy({ separation, grants, roles, title, version })).toBe(canonicalPolicy(small));
  expect(policyDigest(small)).toMatch(/^[0-9a-f]{64}$/);
});

test("a stored policy compiles from its canonical bytes, and from no other spelling of them", () => {
  const canonical = canonicalPolicy(small);
  expect(readPolicy(canonical).document).toEqual(small);
  for (const other of [
    `${canonical} `,
    JSON.stringify(small, null, 1),
    canonical.replace('"version":2', '"version":2,"version":2'),
    canonical.replace("Small", "\\u0053mall"),
    "",
    "null",
    "{",
  ]) {
    expect(() => readPolicy(other), other.slice(0, 20)).toThrow("policy.invalid");
  }
});

test.each<readonly [fault: string, document: unknown]>([
  ["an unknown action", { ...small, grants: [{ ...grant, action: "study.write" }] }],
  ["an unknown resource type", { ...small, grants: [{ ...grant, resource: "studies" }] }],
  ["a role that isn't declared", { ...small, grants: [{ ...grant, role: "writer" }] }],
  ["a wildcard action", { ...small, grants: [{ ...grant, action: "*" }] }],
  ["an unknown field class", { ...small, grants: [{ ...grant, fields: { readable: ["all"], masked: [] } }] }],
  ["a field class both readable and masked", { ...small, grants: [{ ...grant, fields: { readable: ["phi"], masked: ["phi"] } }] }],
  ["the same grant under two ids", { ...small, grants: [grant, { ...grant, id: "again" }] }],
  ["one rule id twice", { ...small, separation: [{ ...small.separation[0], id: "reads" }] }],
  ["one role twice", { ...small, roles: [role, role] }],
  ["a role assignable by nobody who exists", { ...small, roles: [{ ...role, assignableBy: ["root"] }] }],
  ["an unknown separated action", { ...small, separation: [{ ...small.separation[0], second: "packet.approve" }] }],
  ["a member that the model doesn't have", { ...small, defaultEffect: "allow" }],
  ["a condition on a grant", { ...small, grants: [{ ...grant, effect: "allow" }] }],
  ["a missing list", { ...small, separation: undefined }],
  ["a version of zero", { ...small, version: 0 }],
  ["a version that is text", { ...small, version: "2" }],
  ["an id that a record can't hold", { ...small, grants: [{ ...grant, id: "lé" }] }],
  ["an id with the mark that joins ids", { ...small, grants: [{ ...grant, id: "a+b" }] }],
  ["something that isn't an object", [small]],
  ["nothing", null],
])("a document with %s is refused", (_, document) => {
  expect(whereOf(document).length).toBeGreaterThan(0);
});

test("a refusal names places and never what stands there", () => {
  const secret = "canary-7f3a";
  const where = whereOf({ ...small, [secret]: 1, title: `${secret}é`, grants: [{ ...grant, action: secret, role: secret, [secret]: 2 }] });
  expect(where.length).toBeGreaterThan(3);
  expect(where.join(" ")).not.toContain(secret);
});

test("a refusal names at most 50 places", () => {
  expect(whereOf({ ...small, grants: Array.from({ length: 200 }, () => ({})) })).toHaveLength(50);
});

test("a compiled policy does not change when the value that it was made from does", () => {
  const mutable = structuredClone(small) as unknown as { grants: { action: string }[] };
  const compiled = compilePolicy(mutable);
  const { digest } = compiled;
  for (const one of mutable.grants) one.action = "role.change";
  expect(policyDigest(compiled.document)).toBe(digest);
  expect(compiled.rolesFor("role.change", "study")).toEqual([]);
});
