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

const ring = (due: readonly object[]): object => ({ ring: "kek", at: 0, keys: [], dueAt: null, due, steps: [] });
async function keysOf(answer: ReturnType<typeof ok>): Promise<unknown> {
  await user.serve(({ path }) => (path.includes("keys.rings") ? answer : /outbox\.|spool\./.test(path) ? wire(403, "policy.denied") : ok({})));
  const { out } = await user.type(["--as", "engineer", "doctor", "--json"]);
  return (JSON.parse(out) as { findings: readonly { check: string; severity: string; message: string }[] }).findings
    .filter(({ check }) => check === "keys")
    .map(({ severity, message }) => `${severity}: ${message}`);
}

test("a ring that is overdue is a warning with its key, and none is said to be so where none is", async () => {
  const since = "2026-01-01T00:00:00.000Z";
  expect(await keysOf(ok({ rings: [ring([{ kind: "age", keyId: "kek-1", since }]), ring([{ kind: "use", keyId: "kek-1", since: null }])], rewraps: [], mayStep: false }))).toEqual([
    `warning: kek-1 is overdue by its age since ${since}`,
    "warning: kek-1 is overdue by its use",
  ]);
});

test("where none is overdue that is said, and to who may not know, nothing", async () => {
  expect(await keysOf(ok({ rings: [ring([])], rewraps: [], mayStep: false }))).toEqual(["ok: no ring of keys is overdue"]);
});

test("who may not look at keys is told nothing of them, and doctor goes on", async () => {
  expect(await keysOf(wire(403, "policy.denied"))).toEqual([]);
});
