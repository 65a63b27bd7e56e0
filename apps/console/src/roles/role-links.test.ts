import { describe, expect, test } from "vitest";
import { proposalNamed } from "../approvals/approval-text.ts";
import { contentOf, newDraft, rebased, ruleId, withCell, withRole } from "./draft.ts";
import type { PolicyContent } from "./policy-content.ts";
import { directionOf, proposalIn, sitesText, standingText } from "./proposal-text.ts";
import { type ReachQuery, readReach, writeReach } from "./reach-query.ts";

const PROPOSAL = `pol_${"0".repeat(26)}`;

describe("a question of who can reach what", () => {
  test.each<ReachQuery>([
    { ask: "who", action: "trail.export", resource: "trail", place: "deployment" },
    { ask: "who", action: "phi.read", resource: "subject_phi", place: "CDISCPILOT01/701" },
    { ask: "who", action: null, resource: null, place: "deployment" },
    { ask: "what", principal: "svc_reviewer" },
    { ask: "what", principal: null },
  ])("comes back from its link: %o", (asked) => {
    expect(readReach(writeReach(asked))).toEqual(asked);
  });

  test("asks nothing by what isn't of its forms", () => {
    expect(readReach(new URLSearchParams({ action: "<b>", resource: "a b", place: "../x" }))).toEqual({ ask: "who", action: null, resource: null, place: "deployment" });
    expect(readReach(new URLSearchParams({ ask: "what", principal: "a/b" }))).toEqual({ ask: "what", principal: null });
  });
});

describe("a proposal", () => {
  test("is named by a link whole, and by a statement within its text", () => {
    expect(proposalIn(PROPOSAL)).toBe(PROPOSAL);
    expect(proposalIn(`x${PROPOSAL}`)).toBeNull();
    expect(proposalNamed(`{"proposalId":"${PROPOSAL}","reverts":"-"}`)).toBe(PROPOSAL);
    expect(proposalNamed("{}")).toBeNull();
  });

  test("says of each row who gains, who loses and who sees otherwise, and where, as far as it fits", () => {
    const none = { allowed: false, readable: [], masked: [] };
    const some = { allowed: true, readable: ["public"], masked: ["phi"] };
    const row = {
      principal: "prn_1",
      principalName: null,
      action: "phi.read",
      resource: "subject_phi",
      signedInBy: "any",
      before: none,
      after: some,
      sites: [],
      deployment: true,
    } as const;
    const of = (before: typeof none, after: typeof none) => directionOf({ ...row, before, after, sites: [] });
    expect([of(none, some), of(some, none), of(some, { ...some, masked: [] })]).toEqual(["gains", "loses", "sees otherwise"]);
    expect([standingText(none), standingText(some)]).toEqual(["denied", "allowed; reads public; masks phi"]);
    expect(sitesText({ deployment: true, sites: ["S/1", "S/2", "S/3"] })).toBe("the deployment, S/1, S/2, S/3");
    expect(sitesText({ deployment: false, sites: ["S/1", "S/2", "S/3", "S/4", "S/5"] })).toBe("S/1, S/2, S/3 and 2 more");
  });
});

describe("a draft that another version overtook", () => {
  const role = (name: string) => ({ name, description: "For a test.", assignableBy: [] });
  const base: PolicyContent = { title: "First", roles: [role("steward"), role("auditor")], grants: [], separation: [] };
  const place = { role: "steward", action: "packet.read", resource: "packet" };
  const grant = { id: ruleId(place), ...place };

  test("has its changes made again upon what took effect, and undoes nothing of that", () => {
    const draft = withRole(withCell(newDraft({ content: base, suite: "", version: 1 }), place, grant), { ...role("auditor"), description: "Audits." });
    const other = { id: "a", role: "auditor", action: "trail.read", resource: "trail" };
    const content = contentOf(rebased(draft, { content: { ...base, title: "Second", grants: [other] }, suite: "", version: 2 }));
    expect(content).toEqual({ title: "Second", roles: [role("steward"), { ...role("auditor"), description: "Audits." }], grants: [other, grant], separation: [] });
  });

  test("has nothing left to change where that says the same already", () => {
    const draft = withCell(newDraft({ content: base, suite: "", version: 1 }), place, grant);
    expect(rebased(draft, { content: { ...base, grants: [grant] }, suite: "", version: 2 }).cells.size).toBe(0);
  });
});
