import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok, wire } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

const RECEIPT = `spl_${"1".repeat(26)}`;
const standing = (state: string, more: object = {}): object => ({
  receipt: RECEIPT,
  state,
  procedure: "packets.upload",
  takenAt: "2026-11-23T10:00:00.000Z",
  settledAt: null,
  reason: null,
  requestId: null,
  ...more,
});

test.each([
  ["waiting", {}, 4, "it is not done"],
  ["unknown", {}, 4, "no such request"],
  ["replayed", { settledAt: "2026-11-23T10:01:00.000Z", requestId: `req_${"2".repeat(26)}` }, 0, "done at 2026-11-23T10:01:00.000Z"],
  ["refused", { settledAt: "2026-11-23T10:01:00.000Z", reason: "policy.denied" }, 3, "policy.denied; nothing was done"],
  ["discarded", { settledAt: "2026-11-23T10:01:00.000Z" }, 3, "discarded by two administrators at 2026-11-23T10:01:00.000Z"],
])("a receipt that is %s is told so, by the exit code too", async (state, more, exit, says) => {
  await user.serve(() => ok(standing(state, more)));
  const { exit: ended, out } = await user.type(["--as", "engineer", "spool", RECEIPT]);
  expect([ended, out.includes(says)]).toEqual([exit, true]);
});

test("an upload that was kept for later is no success: exit code 5, the receipt, and the key that repeats it", async () => {
  const asked: (string | undefined)[] = [];
  await user.serve(({ path, later }) => {
    if (!path.includes("packets.upload")) return ok({});
    asked.push(later);
    return later === "now" ? wire(202, "service.accepted_later", { receipt: RECEIPT }) : wire(503, "policy.unavailable");
  });
  writeFileSync(join(user.folder, "dm.json"), "{}");
  const { exit, out, err } = await user.type(["--as", "engineer", "ingest", "dm.json", "--study", "PILOT", "--later", "--idempotency-key", "delivery-of-tonight-1"]);
  expect([exit, out]).toEqual([5, ""]);
  for (const text of [`spool ${RECEIPT}`, "it is not done", "--idempotency-key delivery-of-tonight-1"]) expect(err).toContain(text);
  expect(asked).toEqual(["behind", "behind", "behind", "behind", "now"]);
});

test("without --later nothing is offered to be kept", async () => {
  const asked: unknown[] = [];
  await user.serve(({ path, later }) => {
    if (path.includes("packets.upload")) asked.push(later);
    return path.includes("packets.upload") ? wire(503, "policy.unavailable") : ok({});
  });
  writeFileSync(join(user.folder, "dm.json"), "{}");
  expect((await user.type(["--as", "engineer", "ingest", "dm.json", "--study", "PILOT"])).exit).toBe(4);
  expect(asked).toEqual([undefined, undefined, undefined, undefined]);
});

test("what waits is wanted to be replayed at once", async () => {
  await user.serve(({ path }) => (path.includes("spool.replay") ? ok({ waiting: 3 }) : wire(403, "policy.denied")));
  const { exit, out } = await user.type(["--as", "engineer", "spool", "replay"]);
  expect([exit, out.startsWith("3 wait, and are sent")]).toEqual([0, true]);
});

test("--all asks for those that wait to be discarded, in the list's order, and for nothing that has ended", async () => {
  const [newer, older, ended] = ["2", "3", "4"].map((digit) => `spl_${digit.repeat(26)}`);
  const items = [
    { ...standing("waiting"), receipt: older },
    { ...standing("waiting"), receipt: newer, takenAt: "2026-11-23T10:00:01.000Z" },
    { ...standing("refused"), receipt: ended },
  ];
  const asked: unknown[] = [];
  await user.serve(({ path, body }) => {
    if (path.includes("spool.list")) return ok({ node: node("open"), items });
    asked.push(JSON.parse(body));
    return ok({ approval: { approvalId: `apr_${"1".repeat(26)}`, about: "2 requests that services handed over" } });
  });
  const { exit, out } = await user.type(["--as", "engineer", "spool", "discard", "--all", "--reason", "the sender has sent them again"]);
  expect([exit, out.includes("2 requests that services handed over; a second person has to approve it")]).toEqual([0, true]);
  expect(asked).toEqual([{ receipts: [older, newer], reason: "the sender has sent them again" }]);
});

test.each([
  ["nothing is named", []],
  ["both are given", [RECEIPT, "--all"]],
  ["it is no receipt", ["pkt_1"]],
])("a discard for which %s is a usage error, and asks nothing", async (_, more) => {
  await user.serve(() => wire(503, "service.unavailable"));
  expect((await user.type(["--as", "engineer", "spool", "discard", ...more, "--reason", "the sender has sent them again"])).exit).toBe(2);
});

const node = (state: string): object => ({ state, waiting: 0, bytes: 0, oldestAt: null, requestsMax: 1000, bytesMax: 1 });
test.each([
  ["nothing is stuck", { node: node("open"), items: [] }, ["ok: nothing that was kept for later is stuck"]],
  ["a spool takes nothing", { node: node("broken"), items: [] }, ["warning: the spool of the node that answered is broken: nothing more is kept for later"]],
  [
    "a request waits since yesterday",
    { node: node("open"), items: [{ ...standing("waiting", { takenAt: "2026-01-01T00:00:00.000Z" }) }] },
    ["warning: 1 requests that were kept for later wait, the oldest since 2026-01-01T00:00:00.000Z"],
  ],
])("doctor says where %s", async (_, answer, findings) => {
  await user.serve(({ path }) => (path.includes("spool.list") ? ok(answer) : wire(403, "policy.denied")));
  const { out } = await user.type(["--as", "engineer", "doctor", "--json"]);
  const said = (JSON.parse(out) as { findings: readonly { check: string; severity: string; message: string }[] }).findings.filter(({ check }) => check === "spool");
  expect(said.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(findings);
});
