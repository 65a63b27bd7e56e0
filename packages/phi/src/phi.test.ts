import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { type Action, type FieldRule, Grant, type ResourceType, type SiteRef } from "@sallyport/policy";
import { Phi, PHI_MARK } from "./phi.ts";
import type { Classification } from "./ports.ts";

const SITE: SiteRef = { study: "SYNTH-01", site: "N01" };
const CANARY = "CANARY-55be";

function grantFor(action: Action, readable: readonly string[] = [], sites: readonly SiteRef[] = [SITE]): Grant {
  const fields: FieldRule = { readable, masked: [] };
  const resource: ResourceType = action === "packet.release" ? "packet" : "subject";
  return Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action, resource, requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "role", sites, fields },
  );
}
const closed = (classification: Classification = "phi"): Phi<string> => new Phi(CANARY, { site: SITE, classification });

test("a value shows its mark, and nothing else, to whatever prints, joins or copies it", () => {
  const value = closed();
  const seen = [
    String(value),
    `${value as unknown as string}`,
    (value as unknown as string) + "",
    [value].join(),
    JSON.stringify(value),
    JSON.stringify({ a: [value] }),
    inspect(value),
    inspect({ a: value }, { depth: 9, showHidden: true }),
    inspect(value, { customInspect: false, showHidden: true }),
    format("%s %o %O %j %d", value, value, value, value, value),
    JSON.stringify(structuredClone(value)),
    JSON.stringify(Object.assign({}, value)),
    JSON.stringify(Object.entries(value)),
    serialize(value).toString("latin1"),
    JSON.stringify(Object.getOwnPropertyDescriptors(value)),
    new Error("x", { cause: value }).stack ?? "",
    inspect(new Error("x", { cause: value })),
    String(new URLSearchParams({ a: String(value) })),
  ];
  for (const one of seen) expect(one).not.toContain("55be");
  expect(seen[0]).toBe(PHI_MARK);
  expect(structuredClone({ value })).toEqual({ value: { phi: PHI_MARK } });
});

test("a grant opens what its rule lets be read, at its sites", () => {
  expect(closed().open(grantFor("phi.read", ["phi"]))).toBe(CANARY);
  expect(closed("regulatory").open(grantFor("subject.read", ["public", "regulatory"]))).toBe(CANARY);
  expect(closed("treatment").open(grantFor("packet.release"))).toBe(CANARY);
});

test.each<readonly [what: string, grant: Grant, classification: Classification]>([
  ["another action", grantFor("subject.list", ["phi"]), "phi"],
  ["an upload", grantFor("packet.upload", ["phi"]), "phi"],
  ["another site", grantFor("phi.read", ["phi"], [{ study: "SYNTH-01", site: "N02" }]), "phi"],
  ["no site", grantFor("phi.read", ["phi"], []), "phi"],
  ["a classification that is masked for it", grantFor("subject.read", ["public"]), "phi"],
  ["the treatment, for the blinded", grantFor("phi.read", ["public", "regulatory", "phi"]), "treatment"],
])("a grant for %s opens nothing", (_, grant, classification) => {
  expect(() => closed(classification).open(grant)).toThrow("policy.denied");
});

test("a grant opens nothing once its crossing has ended", () => {
  const grant = grantFor("phi.read", ["phi"]);
  grant.close();
  expect(() => closed().open(grant)).toThrow("policy.denied");
});

test("something that only looks like a grant opens nothing", () => {
  const forged = { action: "phi.read", assert: () => undefined, covers: () => true, fields: { readable: ["phi"], masked: [] } } as unknown as Grant;
  expect(() => closed().open(forged)).toThrow("policy.denied");
  expect(() => closed().open(Object.assign(Object.create(Grant.prototype) as object, { action: "phi.read", fields: forged.fields }) as Grant)).toThrow(TypeError);
});
