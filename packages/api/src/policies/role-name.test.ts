import { RoleName } from "@sallyport/contracts";
import { parsePolicy, starterPolicy } from "@sallyport/policy";
import { expect, test } from "vitest";

/** Whether a policy can have a role of this name. */
function isInPolicy(name: string): boolean {
  try {
    parsePolicy({ ...starterPolicy, roles: [...starterPolicy.roles, { name, description: "For a test.", assignableBy: [] }] });
    return true;
  } catch {
    return false;
  }
}

test("every role that a policy can have can be named wherever one is asked for or told, and no other", () => {
  for (const name of ["a", "monitor", "monitor_2", "m2", "x".repeat(64)]) expect([name, isInPolicy(name), RoleName.safeParse(name).success]).toEqual([name, true, true]);
  for (const name of ["", "2nd", "_x", "Monitor", "mon itor", "é", "x".repeat(65)])
    expect([name, isInPolicy(name), RoleName.safeParse(name).success]).toEqual([name, false, false]);
});
