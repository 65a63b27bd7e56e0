import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeIdentity } from "@sallyport/pki";
import { terminalId } from "@sallyport/zones";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Desk, type Enrolled } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

let at: Deployment;
let api: Api;
let desk: Desk;
let who: Enrolled;
const home = mkdtempSync(join(tmpdir(), "sallyport-login-"));

beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  [who] = await desk.found(api);
  const folder = join(home, "profiles", "terminal");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeIdentity(folder, desk.identities.terminal);
  const profile = { name: "terminal", api: `https://localhost:${api.port}`, workload: terminalId(at.trustDomain), trustDomain: at.trustDomain };
  writeFileSync(join(folder, "profile.json"), JSON.stringify(profile));
});
/** A process a line: slow on a machine that is busy. */
vi.setConfig({ testTimeout: 120_000 });

afterAll(async () => {
  desk.close();
  await api.close();
  await at.close();
  rmSync(home, { recursive: true, force: true });
});

/** The built command line, as a process of its own. */
const PROGRAM = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));

/** Runs one line. What it has written so far can be read while it runs. */
function type(...line: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...line], { env: { PATH: process.env["PATH"] ?? "", SALLYPORT_HOME: home }, stdio: ["ignore", "pipe", "pipe"] });
  const written = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.err += text));
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { written, exit };
}

/** Signs in at the command line and decides at the console. */
async function signIn(verdict: "approve" | "refuse") {
  const typed = type("login");
  await until(() => /[A-Z]{4}-[A-Z]{4}/.test(typed.written.err), 20_000);
  const [userCode] = /[A-Z]{4}-[A-Z]{4}/.exec(typed.written.err) ?? [];
  dataOf(await desk.call(api, await desk.signIn(api, who), "me.confirmTerminal", { userCode, verdict }));
  return { exit: await typed.exit, ...typed.written };
}

test("a person signs in at the command line, calls as themselves, and signs out", async () => {
  const before = type("--as", "me", "call", "me.overview");
  expect(await before.exit).toBe(2);
  expect(await signIn("approve")).toMatchObject({ exit: 0, out: expect.stringContaining("First Founder") as string });
  const file = join(home, "profiles", "terminal", "session.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const called = type("--as", "me", "--json", "call", "me.overview");
  expect(await called.exit).toBe(0);
  const overview = JSON.parse(called.written.out) as { username: string; sessions: { via: string; isThis: boolean }[] };
  expect(overview.username).toBe("first.founder");
  expect(overview.sessions.find(({ isThis }) => isThis)?.via).toBe("terminal");
  const out = type("logout");
  expect(await out.exit).toBe(0);
  expect(() => statSync(file)).toThrow();
  const after = type("--as", "me", "call", "me.overview");
  expect(await after.exit).toBe(2);
});

test("a terminal that its person refuses gets nothing, and nothing is kept", async () => {
  const { exit, out } = await signIn("refuse");
  expect(exit).toBe(3);
  expect(out).toBe("");
  expect(() => statSync(join(home, "profiles", "terminal", "session.json"))).toThrow();
});

test("a session that was ended elsewhere says so at the next call", async () => {
  await signIn("approve");
  const session = await desk.signIn(api, who);
  const { sessions } = dataOf(await desk.call(api, session, "me.overview", {})) as { sessions: { sessionId: string; via: string }[] };
  const terminal = sessions.find(({ via }) => via === "terminal");
  expect(codeOf(await desk.call(api, session, "me.endSession", { sessionId: terminal?.sessionId }))).toBe("ok");
  await until(async () => (await desk.call(api, session, "me.overview", {})).status === 200);
  const called = type("--as", "me", "call", "me.overview");
  expect(await called.exit).toBe(3);
  expect(called.written.err).toContain("session.ended");
});
