import { expect, test } from "vitest";
import { crossingHref, hoursText, itemsShown, progressText, scopeText, type TrailItem } from "./trail-review-text.ts";

const item = (over: Partial<TrailItem> = {}): TrailItem => ({
  item: 1,
  crossing: {
    chain: "site:S/701",
    generation: 2,
    seq: 7,
    at: "2026-03-10T03:00:00.000Z",
    principal: "prn_1",
    principalName: null,
    role: "-",
    action: "phi.read",
    resource: "-",
    site: "S/701",
    outcome: "allow",
    reason: "allowed",
  },
  risks: ["reveal_hours"],
  burst: null,
  verdict: null,
  entries: 0,
  ...over,
});

test("an item leads to its record, and a burst to all the denials in it", () => {
  expect(crossingHref(item())).toBe("/crossings?record=site%3AS%2F701~2~7");
  expect(crossingHref(item({ burst: { denials: 6, until: "2026-03-10T03:04:00.000Z" } }))).toBe(
    "/crossings?who=prn_1&outcome=deny&from=2026-03-10T03%3A00%3A00.000Z&until=2026-03-10T03%3A04%3A00.001Z",
  );
});

test("a list shows what is left to decide, the findings, or one risk", () => {
  const finding = item({ item: 2, verdict: { kind: "finding", by: "Dora", at: "2026-03-10T03:00:00.000Z" }, risks: ["emergency", "reason_other"] });
  const items = [item(), finding, item({ item: 3, verdict: { kind: "ok", by: "Dora", at: "2026-03-10T03:00:00.000Z" } })];
  const shown = (show: "all" | "open" | "findings", risk: Parameters<typeof itemsShown>[1]["risk"] = "any") => itemsShown(items, { show, risk }).map((each) => each.item);
  expect([shown("all"), shown("open"), shown("findings"), shown("all", "reason_other"), shown("open", "emergency")]).toEqual([[1, 2, 3], [1], [2], [2], []]);
});

test("a review says where, when and how far", () => {
  const period = { from: "2026-03-01T00:00:00.000Z", until: "2026-04-01T00:00:00.000Z" };
  expect(scopeText({ scope: { study: "*", site: "*" }, ...period })).toBe("Everywhere, 2026-03-01 00:00 to 2026-04-01 00:00 UTC");
  expect(scopeText({ scope: { study: "S", site: "*" }, ...period })).toBe("All sites of S, 2026-03-01 00:00 to 2026-04-01 00:00 UTC");
  expect([hoursText({ from: 22, until: 6 }), hoursText({ from: 0, until: 0 })]).toEqual(["Monday to Friday, 22:00 to 06:00 UTC", "Monday to Friday, the whole day"]);
  expect([progressText({ decided: 0, items: 0, findings: 0 }), progressText({ decided: 2, items: 3, findings: 1 })]).toEqual(["nothing found", "2 of 3 decided, 1 finding"]);
});
