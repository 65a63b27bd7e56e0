import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "@sallyport/embedded-postgres";

const main = join(import.meta.dirname, "..", "dist", "main.js");
const isRoot = process.getuid?.() === 0;
const STRONG = "vQ7-rT2_mZ9pLx4KcW";
const LIMIT_MS = 5_000;

let base = "";
let blocker: Server;
let taken = 0;
let closed = 0;
const path = (name: string): string => join(base, name);

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-main-"));
  blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  taken = (blocker.address() as { port: number }).port;
  closed = await freePort();
  writeFileSync(path("exposed"), `postgres://owner:${STRONG}@127.0.0.1/t`, { mode: 0o600 });
  chmodSync(path("exposed"), 0o644);
  writeFileSync(path("foreign"), `postgres://owner:${STRONG}@127.0.0.1/t`, { mode: 0o600 });
  writeFileSync(path("file"), "");
  mkdirSync(path("foreign-home"), { mode: 0o700 });
  mkdirSync(path("open-home"));
  chmodSync(path("open-home"), 0o777);
  if (isRoot) for (const name of ["foreign", "foreign-home"]) chownSync(path(name), 61_999, 61_999);
});
afterAll(() => {
  blocker.close();
  rmSync(base, { recursive: true, force: true });
});

const run = async (environment: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<{ code: number | null; said: string; ms: number }> => {
  const begun = performance.now();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: base,
    env: { PATH: process.env["PATH"] ?? "", SALLYPORT_HOME: path("home"), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said, ms: performance.now() - begun };
};

const classes: readonly (readonly [what: string, environment: () => Record<string, string>, code: string, says: string])[] = [
  ["missing: a secret file that is not there", () => ({ SALLYPORT_DATABASE_URL_FILE: path("absent") }), "secret.missing", "SALLYPORT_DATABASE_URL_FILE"],
  ["short: a password of eight characters", () => ({ SALLYPORT_DATABASE_URL: "postgres://owner:q7Rt-2mZ@127.0.0.1/t" }), "secret.weak", "SALLYPORT_DATABASE_URL"],
  ["example: postgres:postgres", () => ({ SALLYPORT_DATABASE_URL: "postgres://postgres:postgres@127.0.0.1/t" }), "secret.weak", "SALLYPORT_DATABASE_URL"],
  ["world-readable: a secret file with mode 644", () => ({ SALLYPORT_DATABASE_URL_FILE: path("exposed") }), "secret.exposed", "SALLYPORT_DATABASE_URL_FILE"],
  ["wrong type: a port in words", () => ({ SALLYPORT_API_PORT: "abc" }), "setting.invalid", "SALLYPORT_API_PORT"],
  [
    "unreachable: a database that does not answer",
    () => ({ SALLYPORT_DATABASE_URL: `postgres://owner:${STRONG}@127.0.0.1:${closed}/t` }),
    "database.unreachable",
    "SALLYPORT_DATABASE_URL",
  ],
  ["insecure: another host without verify-full", () => ({ SALLYPORT_DATABASE_URL: `postgres://owner:${STRONG}@10.0.0.5/t` }), "database.insecure", "SALLYPORT_DATABASE_URL"],
  ["port taken: by another program", () => ({ SALLYPORT_CONSOLE_PORT: String(taken) }), "port.taken", "SALLYPORT_CONSOLE_PORT"],
  ["port taken: by ourselves", () => ({ SALLYPORT_CONSOLE_PORT: "3001" }), "port.taken", "SALLYPORT_API_PORT"],
  ["environment: NODE_ENV of development", () => ({ NODE_ENV: "development" }), "setting.invalid", "NODE_ENV"],
  ["unknown: a setting with a slip", () => ({ SALLYPORT_SEEDS: "none" }), "setting.invalid", "SALLYPORT_SEED?"],
  ["home: a file in its place", () => ({ SALLYPORT_HOME: path("file") }), "setting.invalid", "SALLYPORT_HOME"],
  ["home: below a file", () => ({ SALLYPORT_HOME: path("file/home") }), "setting.invalid", "SALLYPORT_HOME"],
  ["home: others may write to it", () => ({ SALLYPORT_HOME: path("open-home") }), "setting.invalid", "SALLYPORT_HOME"],
];

describe("a start with bad configuration", () => {
  it.each(classes)("%s: is refused in time, with its reason and without the secret", async (_, environment, code, says) => {
    const { code: exit, said, ms } = await run(environment());
    expect(exit).toBe(1);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(said).toContain(`[${code}]`);
    expect(said).toContain(says);
    for (const secret of [STRONG, "q7Rt", "postgres:postgres"]) expect(said).not.toContain(secret);
    expect(said).not.toContain("    at ");
  });

  it.runIf(isRoot).each([
    ["a secret file", () => ({ SALLYPORT_DATABASE_URL_FILE: path("foreign") }), "secret.exposed"],
    ["a home", () => ({ SALLYPORT_HOME: path("foreign-home") }), "setting.invalid"],
  ])("wrong owner: %s of another user is refused", async (_, environment, code) => {
    const { code: exit, said } = await run(environment());
    expect(exit).toBe(1);
    expect(said).toMatch(new RegExp(`belongs to another user.*\\[${code.replace(".", "\\.")}\\]`));
  });

  it("a plan that is wrong is refused before anything is started", async () => {
    writeFileSync(path("plan.json"), "{}");
    const { code, said } = await run({ SALLYPORT_HOME: path("unused") }, ["setup", path("plan.json")]);
    expect(code).toBe(1);
    expect(said).toContain("studies");
    expect(readdirSync(base)).not.toContain("unused");
  });

  it("an unknown command is refused with the usage", async () => expect(await run({}, ["restart"])).toMatchObject({ code: 2 }));
});
