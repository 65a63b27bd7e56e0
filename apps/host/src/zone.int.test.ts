import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startPostgres } from "@sallyport/embedded-postgres";
import { afterAll, expect, onTestFinished, test } from "vitest";

const MAIN = join(import.meta.dirname, "../dist/main.js");
const ORIGIN = "https://sallyport.example";
const [API, EGRESS] = ["api", "egress"].map((name) => join(import.meta.dirname, `../../${name}/dist/main.js`)) as [string, string];
const base = mkdtempSync(join(tmpdir(), "sallyport-zone-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true, force: true }));

async function zone(env: Readonly<Record<string, string>>): Promise<{ readonly child: ChildProcess; readonly said: () => string }> {
  const child = spawn(process.execPath, [MAIN, "zone", "custodian"], {
    env: { PATH: process.env["PATH"], SALLYPORT_HOME: join(base, "home"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString("utf8")));
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "exit");
  });
  await expect.poll(() => child.exitCode !== null || said.includes("ready custodian"), { timeout: 40_000 }).toBe(true);
  return { child, said: () => said };
}

test("the custodian's zone prepares the database and founds, and what it hands over is all that an api of its own needs", { timeout: 90_000 }, async () => {
  const server = await startPostgres({ dataDir: join(base, "postgres") });
  onTestFinished(() => server.stop());
  const url = join(base, "owner.url");
  writeFileSync(url, server.url, { mode: 0o600 });
  const custodianPort = await freePort();
  const [keyFile, plan] = [join(base, "drop.key"), join(base, "egress.json")];
  writeFileSync(keyFile, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(plan, JSON.stringify({ credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", keyFile }] }));
  const { child, said } = await zone({
    SALLYPORT_EGRESS_FILE: plan,
    SALLYPORT_SEED: "none",
    SALLYPORT_DATABASE_URL_FILE: url,
    SALLYPORT_CUSTODIAN_PORT: String(custodianPort),
    SALLYPORT_CONSOLE_ORIGIN: ORIGIN,
  });
  expect(said()).toMatch(/^ready custodian of d[0-9a-z]{12}\.sallyport$/m);
  expect(said()).not.toMatch(/^(?:api|console): running/m);

  // What a container says is kept: no secret is in it, and the operator asks for the links.
  expect(said()).toContain("founding administrators: 2 have yet to enrol");
  expect(said()).not.toContain("#");
  const asked = spawnSync(process.execPath, [MAIN, "founding"], { env: { SALLYPORT_HOME: join(base, "home") }, encoding: "utf8" });
  expect(asked.stdout).toMatch(
    /^founding administrator 1: https:\/\/sallyport\.example\/enrol#[\w-]{43}\nfounding administrator 2: https:\/\/sallyport\.example\/enrol#[\w-]{43}\n$/,
  );
  expect(existsSync(join(base, "home/profiles/terminal/cert.pem"))).toBe(true);

  const identity = join(base, "home/identity/api");
  const apiPort = await freePort();
  const api = fork(API, [], {
    silent: true,
    env: {
      NODE_ENV: "production",
      SALLYPORT_API_PORT: String(apiPort),
      SALLYPORT_API_DATABASE_URL_FILE: join(identity, "database-url"),
      SALLYPORT_IDENTITY_DIR: identity,
      SALLYPORT_TRUST_DOMAIN: readFileSync(join(identity, "trust-domain"), "utf8").trim(),
      SALLYPORT_CUSTODIAN_ADDRESS: `localhost:${custodianPort}`,
      SALLYPORT_CONSOLE_ORIGIN: ORIGIN,
    },
  });
  onTestFinished(() => void api.kill("SIGKILL"));
  const [answer] = (await once(api, "message")) as [{ readonly type: string }];
  expect(answer).toMatchObject({ type: "ready" });
  expect(existsSync(join(base, "home/identity/console/database-url"))).toBe(false);

  // Egress has what it proves itself with; of what wasn't settled nothing is handed over.
  const theirs = join(base, "home/identity/egress");
  expect([existsSync(join(identity, "alerts")), existsSync(join(identity, "anchors")), existsSync(join(theirs, "database-url"))]).toEqual([false, false, false]);
  const egress = fork(EGRESS, [], {
    silent: true,
    env: {
      SALLYPORT_API_URL: `https://localhost:${apiPort}`,
      SALLYPORT_IDENTITY_DIR: theirs,
      SALLYPORT_TRUST_DOMAIN: readFileSync(join(theirs, "trust-domain"), "utf8").trim(),
      SALLYPORT_EGRESS_FILE: join(theirs, "credentials"),
    },
  });
  onTestFinished(() => void egress.kill("SIGKILL"));
  expect((await once(egress, "message"))[0]).toMatchObject({ type: "ready" });

  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each([
  ["a database of its own", { SALLYPORT_SEED: "none" }, "SALLYPORT_DATABASE_URL"],
  ["the console's origin", { SALLYPORT_SEED: "none", SALLYPORT_DATABASE_URL: "postgres://owner:a-password-of-some-length@localhost/x" }, "SALLYPORT_CONSOLE_ORIGIN"],
  ["an empty deployment", { SALLYPORT_DATABASE_URL: "postgres://owner:a-password-of-some-length@localhost/x" }, "SALLYPORT_SEED"],
])("the custodian's zone needs %s", async (_, env, setting) => {
  const { child, said } = await zone(env);
  expect(child.exitCode).toBe(1);
  expect(said()).toContain(setting);
});
