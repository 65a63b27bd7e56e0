import { expect, test } from "vitest";
import { localOf } from "../components/local-time.ts";
import { accessFaults, type AccessDraft, roleOf } from "./access-draft.ts";
import { ANOTHER } from "./starter-roles.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const inDays = (days: number): string => localOf(new Date(NOW.getTime() + days * 86_400_000));
const draft = (over: Partial<AccessDraft> = {}): AccessDraft => ({ role: "auditor", otherRole: "", study: "CDISCPILOT01", site: "701", until: inDays(5), ...over });
const faultsOf = (over: Partial<AccessDraft>): readonly string[] => Object.keys(accessFaults(draft(over), NOW));

test("access is asked for with a role, a study and an end that is at most ninety days away; without a site it is the whole study", () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ site: "" })).toEqual([]);
  expect(faultsOf({ role: null, study: "", until: "" })).toEqual(["role", "study", "until"]);
  expect(faultsOf({ study: "a study", site: "one/two" })).toEqual(["study", "site"]);
  expect([faultsOf({ until: inDays(89) }), faultsOf({ until: inDays(91) }), faultsOf({ until: inDays(-1) })]).toEqual([[], ["until"], ["until"]]);
  expect(accessFaults(draft({ until: inDays(91) }), NOW).until).toBe("At most 90 days from now.");
});

test("a role that isn't offered is named in words, and has to be a role's name", () => {
  expect(roleOf(draft())).toBe("auditor");
  expect(roleOf(draft({ role: ANOTHER, otherRole: " unblinded_statistician " }))).toBe("unblinded_statistician");
  expect([roleOf(draft({ role: ANOTHER, otherRole: "Tea Maker" })), faultsOf({ role: ANOTHER, otherRole: "Tea Maker" })]).toEqual([null, ["otherRole"]]);
});
