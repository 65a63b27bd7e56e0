import { describe, expect, test } from "vitest";
import { destinations, mayShow, returnPath, searchTarget } from "./navigation.ts";

describe("the way back after signing in", () => {
  test.each(["/approvals", "/crossings?who=prn_1", "/subjects/sub_0123", "/approvals?show=mine&request=apr_1"])("goes to %s", (path) => {
    expect(returnPath(path)).toBe(path);
  });

  test.each([null, "", "/", "//evil.example", "/\\evil.example", "https://evil.example/me", "/me/../../x", "/nowhere", "/me\nx", "javascript:alert(1)", "/sign-in", "/mexico"])(
    "doesn't go to %j",
    (path) => {
      expect(returnPath(path)).toBe("/overview");
    },
  );
});

test("a search goes to a request or to a principal, and to nothing that could be a person's name", () => {
  const request = `req_${"0".repeat(26)}`;
  expect(searchTarget(` ${request} `)).toBe(`/crossings?request=${request}`);
  expect(searchTarget("site_coordinator-701")).toBe("/crossings?who=site_coordinator-701");
  expect(searchTarget("a&b=c")).toBe("/crossings?who=a%26b%3Dc");
  for (const text of ["", " ", "Jane Doe", "naïve", "x", "y".repeat(81)]) expect(searchTarget(text)).toBeNull();
});

test("what a page needs is one of the person's acts; overview and security are everybody's", () => {
  const shown = (actions: readonly string[]) => destinations.filter((each) => mayShow(each, new Set(actions))).map(({ href }) => href);
  expect(shown([])).toEqual(["/overview", "/me", "/terminal"]);
  expect(shown(["subject.list"])).toContain("/subjects");
});
