import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Authority, createAuthority, createRequest, writeIdentity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkCertificates, checkPermissions, checkUsers } from "./home.ts";
import { checkDisk, checkNode, checkVolume } from "./machine.ts";

const TRUST_DOMAIN = "dtest00000000.sallyport";
const HOUR_MS = 3_600_000;

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));
  const authority = new Authority(createAuthority({ trustDomain: TRUST_DOMAIN, now: Date.now, years: 1 }));
  for (const name of ["api", "custodian", "console", "egress"] as const) {
    const { csrPem, keyPem } = createRequest();
    const { certPem } = authority.issue({ csrPem, spiffe: processId(TRUST_DOMAIN, name), dns: ["localhost"], lifetimeSeconds: 3600 });
    writeIdentity(join(home, "identity", name), { keyPem, certPem, caPem: authority.certPem });
  }
  for (const folder of ["secrets", "custodian"]) mkdirSync(join(home, folder), { mode: 0o700 });
  writeFileSync(join(home, "secrets", "api.url"), "x", { mode: 0o600 });
  writeFileSync(join(home, "custodian", "root.key"), "x", { mode: 0o600 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("a home as it is made has nothing amiss", () => {
  expect(checkPermissions(home).map(({ severity }) => severity)).toEqual(["ok"]);
  expect(checkCertificates(home, Date.now()).map(({ severity }) => severity)).toEqual(["ok"]);
});

test.each([
  ["identity/api/key.pem", 0o640],
  ["secrets/api.url", 0o644],
  ["custodian/root.key", 0o604],
])("%s that others can read is an error with its name", (file, mode) => {
  chmodSync(join(home, file), mode);
  expect(checkPermissions(home)).toEqual([expect.objectContaining({ check: "permissions", severity: "error", message: expect.stringContaining(file) })]);
});

test("a home that others may write to is an error", () => {
  chmodSync(home, 0o720);
  expect(checkPermissions(home)).toEqual([expect.objectContaining({ severity: "error", message: expect.stringContaining("write") })]);
});

test.each([
  [0, "ok"],
  [0.65 * HOUR_MS, "ok"],
  [0.75 * HOUR_MS, "warning"],
  [1.01 * HOUR_MS, "error"],
  [-HOUR_MS, "error"],
] as const)("certificates of an hour are judged %i ms after they were issued: %s", (afterMs, severity) => {
  const findings = checkCertificates(home, Date.now() + afterMs);
  expect(new Set(findings.map((finding) => finding.severity))).toEqual(new Set([severity]));
});

test("processes of one user are a warning that says what it costs", () => {
  expect(checkUsers(home)).toMatchObject({ severity: "warning", message: expect.stringContaining("reaches the keys") });
});

/** A home in which each process's identity belongs to a user by number. */
const owned =
  (uids: Readonly<Record<string, number>>): ((path: string) => number | null) =>
  (path) =>
    uids[basename(path)] ?? null;

test.each([
  [{ custodian: 901, api: 902, console: 903, egress: 904 }, "ok", "a user of its own"],
  [{ custodian: 901, api: 901, console: 903, egress: 904 }, "warning", "custodian and api share a user"],
  [{ custodian: 0, api: 0, console: 0, egress: 0 }, "warning", "all processes run as root"],
  [{ custodian: 901, api: 902, console: 903 }, "warning", "can't be told yet"],
] as const)("users %o: %s", (uids, severity, words) => {
  expect(checkUsers(home, owned(uids))).toMatchObject({ severity, message: expect.stringContaining(words) });
});

test.each([
  ["20.18.3", "error"],
  ["18.20.4", "error"],
  ["20.20.2", "warning"],
  ["24.1.0", "ok"],
] as const)("Node.js %s: %s", (version, severity) => {
  expect(checkNode(version).severity).toBe(severity);
});

test("what can't be told of the volume's encryption is said", async () => {
  expect(checkVolume(home)).toMatchObject({ severity: "warning", message: expect.stringContaining("unknown") });
  expect((await checkDisk(home)).message).toMatch(/^\d+\.\d GiB are free/);
});
