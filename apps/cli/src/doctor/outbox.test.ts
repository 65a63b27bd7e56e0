import { ok, wire } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../../test-support/command-line.ts";

let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

const settings = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "gateway" };
const listed = (inDoubt: number, waiting: number, health: object | null): ReturnType<typeof ok> =>
  ok({ counts: { "in-doubt": inDoubt }, waiting, items: [], routes: [{ routeId: "rte_1", recipientId: "rcp_1", rank: 0, settings, health }] });
async function outboxOf(answer: ReturnType<typeof ok>): Promise<unknown> {
  await user.serve(({ path }) => (path.includes("outbox.list") ? answer : /keys\.|spool\./.test(path) ? wire(403, "policy.denied") : ok({})));
  const { out } = await user.type(["--as", "engineer", "doctor", "--json"]);
  return (JSON.parse(out) as { findings: readonly { check: string; severity: string; message: string }[] }).findings
    .filter(({ check }) => check === "outbox")
    .map(({ severity, message }) => `${severity}: ${message}`);
}

test("what is in doubt, what waits for somebody and a route that isn't healthy are warnings, each by itself", async () => {
  expect(await outboxOf(listed(2, 1, { state: "unhealthy", failure: "tls" }))).toEqual([
    "warning: items in doubt: 2",
    "warning: items that were tried in vain and wait for somebody: 1",
    "warning: route gateway to rcp_1 is unhealthy (tls)",
  ]);
});

test("a route that nobody has looked at yet is one", async () => {
  expect(await outboxOf(listed(0, 0, null))).toEqual(["warning: route gateway to rcp_1 is not looked at yet"]);
});

test("where nothing waits that is said", async () => {
  expect(await outboxOf(listed(0, 0, { state: "healthy", failure: null }))).toEqual(["ok: nothing is in doubt, and every route is healthy"]);
});

test("who may not look at the outbox is told that nobody did", async () => {
  expect(await outboxOf(wire(403, "policy.denied"))).toEqual(["warning: the outbox and its routes were not looked at: engineer may not [policy.denied]"]);
});
