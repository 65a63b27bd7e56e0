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
  expect(
    await keysOf(
      ok({
        rings: [ring([{ kind: "age", keyId: "kek-1", since }]), ring([{ kind: "use", keyId: "kek-1", since: null }])],
        certificates: [],
        rewraps: [],
        reencryptions: [],
        mayStep: false,
      }),
    ),
  ).toEqual([`warning: kek-1 is overdue by its age since ${since}`, "warning: kek-1 is overdue by its use"]);
});

test("where none is overdue that is said", async () => {
  expect(await keysOf(ok({ rings: [ring([])], certificates: [], rewraps: [], reencryptions: [], mayStep: false }))).toEqual(["ok: no ring of keys is overdue"]);
});

test("what doesn't open is an error: data keys while their key wraps any, subjects until a later time through the study had none", async () => {
  const rewrap = (from: string, stuck: number, left: number | null): object => ({ from, to: "kek-9", beganAt: "2026-01-01T00:00:00.000Z", moved: 5, left, stuck });
  const job = (jobId: string, study: string, day: number, stuck: number, isOneSubject = false): object => ({
    jobId,
    study,
    isOneSubject,
    beganAt: `2026-01-0${day}T00:00:00.000Z`,
    endedAt: `2026-01-0${day}T01:00:00.000Z`,
    subjects: 9,
    moved: 9,
    fields: 9,
    stuck,
  });
  const reencryptions = [job("ren_6", "A", 6, 1, true), job("ren_5", "A", 5, 0), job("ren_4", "A", 4, 2), job("ren_3", "B", 3, 3), job("ren_2", "B", 2, 0, true)];
  const rewraps = [rewrap("kek-1", 2, 2), rewrap("kek-2", 1, 0), rewrap("kek-3", 1, null), rewrap("kek-4", 0, 7)];
  expect(await keysOf(ok({ rings: [ring([])], rewraps, certificates: [], reencryptions, mayStep: false }))).toEqual([
    "error: data keys under kek-1 that don't open: 2",
    "error: data keys under kek-3 that don't open: 1",
    "error: subjects of A that don't open, by ren_6: 1",
    "error: subjects of B that don't open, by ren_3: 3",
    "ok: no ring of keys is overdue",
  ]);
});

test("where nobody looked, that is a warning with what is needed, and doctor goes on", async () => {
  expect(await keysOf(wire(403, "policy.denied"))).toEqual(["warning: the rings of keys were not looked at: engineer may not [policy.denied]"]);
});

test("nor where the api couldn't answer", async () => {
  expect(await keysOf(wire(503, "keys.unavailable"))).toEqual([expect.stringMatching(/^warning: the rings of keys were not looked at: .+ \[keys\.unavailable\]$/)]);
});

test("nor where nobody is named to look as", async () => {
  await user.serve(() => wire(403, "policy.denied"));
  const { out } = await user.type(["doctor", "--json"]);
  expect((JSON.parse(out) as { findings: readonly object[] }).findings.filter((finding) => "check" in finding && finding.check === "keys")).toEqual([
    {
      check: "keys",
      severity: "warning",
      message: "the rings of keys were not looked at: no profile is named",
      remedy: "sallyport --as PROFILE doctor, with the profile of a key_custodian or a security_admin",
    },
  ]);
});

test("a certificate that wasn't renewed is a warning, with its holder and its end", async () => {
  const certificate = {
    workload: "service/lab",
    serial: "0a",
    issuer: "ca-1",
    notAfter: "2026-01-02T00:00:00.000Z",
    renewal: "2026-01-01T16:00:00.000Z",
    isShown: true,
    isLate: true,
  };
  const certificates = [certificate, { ...certificate, workload: "api", isLate: false }];
  expect(await keysOf(ok({ rings: [ring([])], rewraps: [], reencryptions: [], mayStep: false, certificates }))).toEqual([
    "warning: the certificate of service/lab ends 2026-01-02T00:00:00.000Z, and wasn't renewed",
    "ok: no ring of keys is overdue",
  ]);
});
