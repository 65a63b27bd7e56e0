import { expect, test } from "vitest";
import type { Approval } from "../approvals/approval-text.ts";
import { myNotices } from "./my-notices.ts";

const NOW = Date.parse("2026-03-10T12:00:00Z");
const inDays = (days: number): string => new Date(NOW + days * 86_400_000).toISOString();
const approval = (approvalId: string, over: Partial<Approval> = {}): Approval => ({
  approvalId,
  kind: "access.request",
  about: "Clara Ode (clara)",
  state: "requested",
  requestedBy: { personId: "per_1", printedName: "Clara Ode" },
  requestedAt: inDays(-1),
  expiresAt: inDays(6),
  needed: 1,
  votes: [],
  digest: "0".repeat(64),
  mayDecide: false,
  whyNot: null,
  isMine: false,
  ...over,
});
const voted = (verdict: "approve" | "reject", days: number) => ({ votes: [{ personId: "per_2", printedName: "Ada", verdict, proof: null, at: inDays(days) }] });
const keys = (notices: readonly { readonly key: string }[]) => notices.map(({ key }) => key);

test("what waits for somebody is what they may decide, what expires first before the others", () => {
  const { waiting } = myNotices(
    { waiting: [approval("late", { mayDecide: true }), approval("soon", { mayDecide: true, expiresAt: inDays(1) }), approval("no")], mine: [], assignments: [] },
    NOW,
  );
  expect(keys(waiting)).toEqual(["soon", "late"]);
  expect(waiting[0]).toMatchObject({ text: "Give access that was asked for: Clara Ode (clara), asked by Clara Ode", href: "/approvals?show=decide&request=soon" });
});

test("what became of one's own requests is told for a week, and what was withdrawn isn't news", () => {
  const mine = [
    approval("done", { state: "done", isMine: true, ...voted("approve", -1) }),
    approval("rejected", { state: "rejected", isMine: true, ...voted("reject", -0.5) }),
    approval("old", { state: "done", isMine: true, requestedAt: inDays(-30), ...voted("approve", -8) }),
    approval("expired", { state: "expired", isMine: true, requestedAt: inDays(-9), expiresAt: inDays(-2) }),
    approval("withdrawn", { state: "withdrawn", isMine: true }),
  ];
  const { decided } = myNotices({ waiting: [], mine, assignments: [] }, NOW);
  expect(keys(decided)).toEqual(["rejected", "done", "expired"]);
  expect(decided[0]?.text).toBe("Give access that was asked for: Clara Ode (clara), rejected");
});

test("what ends within a week is told beforehand: roles, and requests that nobody has decided", () => {
  const held = (role: string, until: string | null) => ({ role, study: "S", site: "701", from: inDays(-20), until });
  const { ending } = myNotices(
    {
      waiting: [],
      mine: [approval("mine", { isMine: true, expiresAt: inDays(2) })],
      assignments: [held("auditor", inDays(3)), held("data_steward", inDays(8)), held("site_coordinator", null), held("authorized_signer", inDays(-1))],
    },
    NOW,
  );
  expect(ending.map(({ text }) => text)).toEqual(["Give access that was asked for: Clara Ode (clara), expires undecided", "Your role auditor, S / 701, ends"]);
});
