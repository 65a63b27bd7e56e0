import { expect, test } from "vitest";
import { type Ability, byResource, fieldsOf, pagesOf, placesOf, type RightPath } from "./preview.ts";

const path = (over: Partial<RightPath> = {}): RightPath => ({ role: "r", study: "S", site: "1", until: null, rule: "r1", readable: [], masked: [], signedInBy: null, ...over });
const ability = (action: string, resource: string, ...paths: readonly RightPath[]): Ability => ({ action, resource, paths: [...paths], stoppedAt: [] });

test("the pages of a preview are the rail's, by the rail's own rule", () => {
  const { offered, leftOut } = pagesOf([ability("subject.list", "subject", path())]);
  expect(offered.map(({ href }) => href)).toContain("/subjects");
  expect(offered.map(({ href }) => href)).toContain("/me");
  expect(leftOut.map(({ href }) => href)).toEqual(expect.arrayContaining(["/people", "/crossings"]));
});

test("acts stand under what they are done to", () => {
  const all = [ability("b.read", "b", path()), ability("a.read", "a", path()), ability("b.write", "b", path())];
  expect(byResource(all).map(({ resource, abilities }) => [resource, abilities.length])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("a place is named once, and a field that one way opens isn't said to be masked", () => {
  const paths = [path({ masked: ["phi"], readable: ["public"] }), path({ rule: "r2", readable: ["phi"] }), path({ study: "*", site: "*" })];
  expect(placesOf(paths)).toEqual([
    { study: "*", site: "*" },
    { study: "S", site: "1" },
  ]);
  expect(fieldsOf(paths)).toEqual({ readable: ["public", "phi"], masked: [] });
});
