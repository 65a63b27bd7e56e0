import { expect, test } from "vitest";
import { isPowerful, mayAssign, POWERFUL_ACTIONS } from "./assigning.ts";
import { ACTIONS, type Assignment } from "./model.ts";
import { starterPolicy } from "./starter.ts";

const held = (over: Partial<Assignment> = {}): { readonly assignments: readonly Assignment[] } => ({
  assignments: [{ role: "security_admin", study: "*", site: "*", fromMs: 10, untilMs: null, ...over }],
});

test("the starter policy's powerful roles are those that administer, say the second word, or rotate keys", () => {
  expect(starterPolicy.roles.map(({ name }) => name).filter((name) => isPowerful(starterPolicy, name))).toEqual(["regulatory_reviewer", "security_admin", "key_custodian"]);
});

test("a role becomes powerful by what it is granted, whatever it is called", () => {
  for (const action of ACTIONS) {
    const grants = [{ id: "g", role: "tea_maker", action, resource: "role" as const }];
    expect([action, isPowerful({ grants }, "tea_maker")]).toEqual([action, POWERFUL_ACTIONS.includes(action)]);
    expect(isPowerful({ grants }, "another")).toBe(false);
  }
});

test("a role is assigned by who holds, now and over the whole deployment, a role that it names", () => {
  const roles = [
    { name: "auditor", description: "", assignableBy: ["security_admin"] },
    { name: "orphan", description: "", assignableBy: [] },
  ];
  const may = (assigner: Parameters<typeof mayAssign>[1], role = "auditor", nowMs = 20) => mayAssign({ roles }, assigner, role, nowMs);
  expect(may(held())).toBe(true);
  expect([may(held({ role: "auditor" })), may(held({ study: "S" })), may(held({ study: "S", site: "1" }))]).toEqual([false, false, false]);
  expect([may(held(), "auditor", 9), may(held({ untilMs: 20 })), may(held({ fromMs: Number.NaN }))]).toEqual([false, false, false]);
  expect([may(held(), "orphan"), may(held(), "unheard_of"), may({ assignments: [] })]).toEqual([false, false, false]);
});
