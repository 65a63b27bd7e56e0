import { RouteList } from "@sallyport/contracts";
import { expect, test } from "vitest";
import { draftOf, emptyRoute, moved, ofKind, routeChanges, type RouteDraft, routeFaults, settingsOf } from "./route-draft.ts";

const gateway = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "gateway" } as const;
const drop = {
  kind: "sftp",
  name: "drop",
  host: "sftp.example",
  port: 22,
  folder: "/in",
  user: "sender",
  hostKey: `SHA256:${"A".repeat(43)}`,
  credential: "drop",
} as const;

test.each([gateway, drop])("a $kind route goes through the form unchanged, and the api takes what comes out", (settings) => {
  const draft = draftOf(settings, 0);
  expect(settingsOf(draft)).toEqual(settings);
  expect(routeFaults(draft, [])).toEqual({});
  expect(RouteList.safeParse([settingsOf(draft)]).success).toBe(true);
});

const wrong: readonly (readonly [keyof RouteDraft, string])[] = [
  ["name", "Gateway"],
  ["host", "portal_example"],
  ["host", ""],
  ["port", "0"],
  ["port", "65536"],
  ["port", "22x"],
  ["folder", "in"],
  ["folder", "/in/../out"],
  ["user", "Sender"],
  ["hostKey", "MD5:aa"],
  ["credential", ""],
];
test.each(wrong)("%s %j is told at its field, and the api wouldn't take it", (field, value) => {
  const draft = { ...draftOf(drop, 0), [field]: value };
  expect(Object.keys(routeFaults(draft, []))).toEqual([field]);
  expect(RouteList.safeParse([settingsOf(draft)]).success).toBe(false);
});

test("two routes of one name are told at the second", () => {
  expect(routeFaults(draftOf(drop, 1), ["drop"])).toEqual({ name: "Another route has this name." });
});

test("another kind brings its usual port, and leaves a port that was chosen", () => {
  expect(ofKind(emptyRoute(0), "sftp").port).toBe("22");
  expect(ofKind({ ...emptyRoute(0), port: "8443" }, "sftp").port).toBe("8443");
});

test("the difference is place by place, and an order alone is one", () => {
  expect(routeChanges([gateway, drop], [gateway, drop])).toEqual([]);
  const swapped = moved([draftOf(gateway, 0), draftOf(drop, 1)], 0, 1).map(settingsOf);
  expect(routeChanges([gateway, drop], swapped).map(({ what, before, after }) => [what, before?.split(":")[0], after?.split(":")[0]])).toEqual([
    ["Primary route", "gateway", "drop"],
    ["Fallback route 1", "drop", "gateway"],
  ]);
  expect(routeChanges([gateway, drop], [gateway])).toEqual([{ what: "Fallback route 1", before: expect.stringContaining("sftp://sender@sftp.example:22/in"), after: null }]);
});

test("nothing moves over an end of the list", () => {
  const drafts = [draftOf(gateway, 0), draftOf(drop, 1)];
  expect([moved(drafts, 0, -1), moved(drafts, 1, 1)]).toEqual([drafts, drafts]);
});
