import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MigratedDatabase, migratedDatabase } from "@sallyport/db/testing";
import { freePort } from "@sallyport/embedded-postgres";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChildApp } from "./processes.ts";

let db: MigratedDatabase;
const homes: string[] = [];
beforeAll(async () => {
  db = await migratedDatabase();
});
afterAll(async () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
  await db?.drop();
});

const newHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), "sallyport-start-test-"));
  homes.push(home);
  return home;
};

async function startCustodian(home: string): Promise<ChildApp> {
  writeFileSync(join(home, "url"), db.custodianUrl, { mode: 0o600 });
  return new ChildApp("custodian", {
    SALLYPORT_CUSTODIAN_HOME: join(home, "custodian"),
    SALLYPORT_CUSTODIAN_ADDRESS: `127.0.0.1:${await freePort()}`,
    SALLYPORT_CUSTODIAN_DATABASE_URL_FILE: join(home, "url"),
    SALLYPORT_CONSOLE_ORIGIN: "http://localhost:3000",
  });
}

type Harm = (store: string) => void;
const flip =
  (at: number): Harm =>
  (store) => {
    const bytes = readFileSync(store);
    const place = Math.floor(bytes.length * at);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    writeFileSync(store, bytes);
  };

const HARMS: Readonly<Record<string, readonly [Harm, string]>> = {
  "has one bit turned over": [flip(0.4), "custodian.store"],
  "lacks its beginning": [(store) => writeFileSync(store, readFileSync(store).subarray(100)), "custodian.store"],
  "is there without its root key": [(store) => rmSync(join(store, "../root.key")), "secret.missing"],
};

for (const [how, [harm, code]] of Object.entries(HARMS)) {
  faultTest("T18", `a custodian whose key store ${how} does not start, and says why without a byte of it`, async (defence) => {
    const home = newHome();
    const first = await startCustodian(home);
    await first.ready();
    await first.end("SIGTERM");
    const store = join(home, "custodian/store.jsonl");
    expect(existsSync(store)).toBe(true);
    harm(store);
    // Off: what can't be opened is put aside, and a new store is founded.
    if (defence === "off") rmSync(join(home, "custodian"), { recursive: true });
    const second = await startCustodian(home);
    const ended = await Promise.race([
      second.exited,
      second.ready().then(
        () => "started",
        () => second.exited,
      ),
    ]);
    if (ended === "started") await second.end("SIGTERM");
    expect(ended).toBe(1);
    expect(second.stderr).toContain(`"code":"${code}"`);
    expect(second.stderr).not.toMatch(/[A-Za-z0-9+/]{43}=/);
  });
}

test("[P9] without NODE_ENV=production the api does not start, and names the setting", async () => {
  const child = new ChildApp("api", {});
  expect(await child.exited).toBe(1);
  expect(child.stderr).toContain('"setting":"NODE_ENV"');
});

test("[P9] an api without its database's secret does not start, and names the setting", async () => {
  const child = new ChildApp("api", { NODE_ENV: "production", SALLYPORT_CUSTODIAN_ADDRESS: "127.0.0.1:1", SALLYPORT_API_PORT: "1" });
  expect(await child.exited).toBe(1);
  expect(child.stderr).toContain('"setting":"SALLYPORT_API_DATABASE_URL_FILE"');
});
