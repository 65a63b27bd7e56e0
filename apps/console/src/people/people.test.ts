import { expect, test } from "vitest";
import { filterPath, readFilter } from "../approvals/approval-filter.ts";
import { isTarget, targetOf } from "../locks/lock-text.ts";
import { siteFaults, sitesShown } from "../studies/study-text.ts";
import { heldInOrder, heldState, reaches } from "./held.ts";
import { peopleShown, type Person } from "./person-text.ts";

const NOW = Date.parse("2026-03-10T12:00:00Z");
const at = (day: string): string => `2026-${day}T12:00:00.000Z`;
const held = (role: string, from: string, until: string | null = null, place = { study: "S", site: "701" }) => ({
  role,
  ...place,
  from: at(from),
  until: until === null ? null : at(until),
});
const person = (username: string, over: Partial<Person> = {}): Person => ({
  personId: `per_${username}`,
  principal: `prn_${username}`,
  username,
  printedName: `${username} Person`,
  status: "active",
  isAdministrator: false,
  assignments: [],
  passkeys: 1,
  hasPassword: false,
  locked: [],
  isLocked: false,
  sessions: 0,
  lastSeenAt: null,
  identity: null,
  ...over,
});

test("what is held now comes first, then what is to come, and what is over stays", () => {
  const all = [held("auditor", "01-01", "02-01"), held("data_steward", "04-01"), held("clinical_reviewer", "01-01", "03-11"), held("auditor", "03-10", null)];
  expect(heldInOrder(all, NOW).map(({ held: { role }, state }) => `${role} ${state}`)).toEqual(["auditor now", "clinical_reviewer now", "data_steward later", "auditor over"]);
  // An end that is now is over.
  expect(heldState(held("auditor", "01-01", "03-10"), NOW)).toBe("over");
});

test("a site is reached by what is held there, over its study, or everywhere", () => {
  const site = { study: "S", site: "701" };
  expect([reaches(site, site), reaches({ study: "S", site: "*" }, site), reaches({ study: "*", site: "*" }, site)]).toEqual([true, true, true]);
  expect([reaches({ study: "S", site: "703" }, site), reaches({ study: "T", site: "*" }, site)]).toEqual([false, false]);
});

test("people are found by every word, and shown by how they stand; who has left isn't among the others", () => {
  const people = [
    person("ada", { assignments: [held("auditor", "01-01")] }),
    person("ben", { isLocked: true }),
    person("cyd", { status: "left" }),
    person("dan", { status: "suspended" }),
  ];
  const names = (show: Parameters<typeof peopleShown>[1], text = "") => peopleShown(people, show, text).map(({ username }) => username);
  expect([names("here"), names("stopped"), names("left"), names("all").length]).toEqual([["ada", "ben", "dan"], ["ben", "dan"], ["cyd"], 4]);
  expect([names("all", "AUDITOR 701"), names("all", "locked"), names("all", "auditor 703"), names("here", "cyd")]).toEqual([["ada"], ["ben"], [], []]);
});

test("an address names a filter of requests, and nothing that isn't one", () => {
  const request = `apr_${"0".repeat(26)}`;
  const read = (text: string) => readFilter(new URLSearchParams(text));
  expect(read(`show=decide&kind=access.request&request=${request}`)).toEqual({ show: "decide", kind: "access.request", request });
  expect(read("show=toString&kind=constructor&request=apr_1")).toEqual({ show: "open", kind: null, request: null });
  for (const text of ["", "show=expired", `show=mine&kind=person.invite&request=${request}`])
    expect(filterPath(read(text))).toBe(text === "" ? "/approvals" : `/approvals?${text}`);
});

test("a lock's target is what was chosen, and no other", () => {
  expect(targetOf("site", "S/701")).toEqual({ kind: "site", study: "S", site: "701" });
  expect([targetOf("token", "a token"), targetOf("person", " ")]).toEqual([null, null]);
  expect(isTarget({ kind: "role", role: "auditor" }, { kind: "role", role: "auditor" })).toBe(true);
  expect(isTarget({ kind: "token", jti: "auditor" }, { kind: "role", role: "auditor" })).toBe(false);
  expect(isTarget({ kind: "site", study: "S", site: "701" }, { kind: "site", study: "S", site: "703" })).toBe(false);
});

test("a site is registered once, with an id, a name and a country, and found by each", () => {
  expect(siteFaults({ site: "701", name: "North", country: "USA" }, [])).toEqual({});
  expect(Object.keys(siteFaults({ site: "7 1", name: " ", country: "US" }, []))).toEqual(["site", "name", "country"]);
  expect(siteFaults({ site: "701", name: "North", country: "USA" }, ["701"]).site).toBe("There is such a site already.");
  const sites = [
    { site: "701", name: "North Clinic", country: "USA", closedAt: null },
    { site: "702", name: "South Clinic", country: "DEU", closedAt: at("01-01") },
  ];
  expect([sitesShown(sites, "clinic closed").map(({ site }) => site), sitesShown(sites, "").length, sitesShown(sites, "fra").length]).toEqual([["702"], 2, 0]);
});
