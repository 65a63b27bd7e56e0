import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRootKey, fileRootKey, shredLines, shredsText, SHREDS } from "@sallyport/custody/journal";
import { fileRoot, headerLine, newRoot, rootKeyOf } from "@sallyport/custody/roots";
import { beginBaseBackup, connectDatabase, type Database, migrate } from "@sallyport/db";
import { type EmbeddedPostgres, startPostgres } from "@sallyport/embedded-postgres";
import { assertFails, type Defence } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackupOptions, backUp } from "./back-up.ts";
import { restore } from "./restore.ts";

const DEPLOYMENT = "dabcdefghijkl";
let folder: string;
let home: string;
let server: EmbeddedPostgres;
let database: Database;
let n = 0;
const at = (...path: string[]): string => join(folder, ...path);
const rootKeyFile = (): string => join(home, "custodian/root.key");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-backup-"));
  chmodSync(folder, 0o711);
  home = at("home");
  for (const name of ["custodian", "run", "profiles/auditor"]) mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
  chmodSync(home, 0o711);
  writeFileSync(join(home, "run/deployment.json"), JSON.stringify({ deployment: DEPLOYMENT }));
  writeFileSync(join(home, "founded.json"), "{}");
  writeFileSync(join(home, "profiles/auditor/profile.json"), "{}");
  writeFileSync(join(home, "profiles/auditor/key.pem"), "a key that is made anew at each start");
  writeFileSync(join(home, "custodian/store.jsonl"), "");
  createRootKey(rootKeyFile());
  server = await startPostgres({ dataDir: join(home, "postgres"), durable: false });
  await migrate(server.url, { deployment: DEPLOYMENT });
  database = connectDatabase({ url: server.url, max: 4, applicationName: "test-load" });
  await database.run`CREATE TABLE public.acts (n integer PRIMARY KEY, filler text)`;
  await database.run`INSERT INTO audit.generations (chain, generation) VALUES ('system', 1)`;
  await database.run`INSERT INTO audit.heads (chain, generation, seq, mac) VALUES ('system', 1, 0, decode(repeat('00', 32), 'hex'))`;
}, 120_000);
afterAll(async () => {
  await database?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** As the product acts: the key is in the store before the row is committed, its head last; and only what is committed is signed. */
async function act(): Promise<void> {
  n += 1;
  const mine = n;
  appendFileSync(join(home, "custodian/store.jsonl"), `key ${mine}\n`);
  await database.transaction(async (tx) => {
    await tx`INSERT INTO public.acts (n, filler) VALUES (${mine}, ${randomBytes(2000).toString("hex")})`;
    await tx`UPDATE audit.heads SET seq = seq + 1`;
  });
  appendFileSync(join(home, "custodian/store.jsonl"), `signed ${mine}\n`);
}

/** Acts one after the other, until it is told to stop. */
function load(): () => Promise<void> {
  let isOn = true;
  const running = (async () => {
    while (isOn) await act();
  })();
  return async () => {
    isOn = false;
    await running;
  };
}

/** Starts what was restored, and says what its database and its store have. */
async function restored(
  from: string,
  name: string,
  custodian?: string,
): Promise<{ readonly rows: readonly number[]; readonly keys: ReadonlySet<number>; readonly signed: readonly number[] }> {
  await restore({ from, home: at(name), rootKeyFile: rootKeyFile(), custodian, shreds: "none" });
  chmodSync(at(name), 0o711);
  const again = await startPostgres({ dataDir: at(name, "postgres"), durable: false });
  const owner = connectDatabase({ url: again.url, max: 1, applicationName: "test-look" });
  try {
    const rows = await owner.run<{ n: number }>`SELECT n FROM public.acts ORDER BY n`;
    const store = readFileSync(at(name, "custodian/store.jsonl"), "utf8").split("\n");
    const numbers = (word: string): readonly number[] => store.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.slice(word.length + 1)));
    return { rows: rows.map((row) => row.n), keys: new Set(numbers("key")), signed: numbers("signed") };
  } finally {
    await owner.close();
    await again.stop();
  }
}

const make = (name: string, over: Partial<BackupOptions> = {}) => backUp({ home, out: at(name), rootKey: fileRootKey(rootKeyFile()), isRunning: true, now: Date.now, ...over });

/** Somebody acts at the very moment at which the store is copied. `off`: the two aren't copied at one moment. */
async function underLoad(defence: Defence): Promise<void> {
  const stop = load();
  const late: Promise<void>[] = [];
  const begin: typeof beginBaseBackup = async (url) => {
    const real = await beginBaseBackup(url);
    return {
      close: () => real.close(),
      finish: async <T>(meanwhile: () => T) => {
        if (defence === "on")
          return real.finish(() => {
            const done = meanwhile();
            late.push(act());
            return done;
          });
        const done = meanwhile();
        await act();
        return { ...(await real.finish(() => null)), meanwhile: done };
      },
    };
  };
  await make(`load-${defence}`, { begin });
  await Promise.all(late);
  await stop();
  const { rows, keys, signed } = await restored(at(`load-${defence}`), `again-${defence}`);
  expect(rows.length).toBeGreaterThan(0);
  // Nothing that was signed is missing, so the start isn't a frozen one; and nothing is there that no key opens.
  expect(signed.filter((each) => !rows.includes(each))).toEqual([]);
  expect(rows.filter((each) => !keys.has(each))).toEqual([]);
}
test("a backup under load is of one moment: the database has what was signed, and the store has each key", () => underLoad("on"), 120_000);
test("a backup under load is of one moment — fails with its defence off", () => assertFails(() => underLoad("off")), 120_000);

test("it holds no secret that is readable: no root key, no password, no profile's key", () => {
  const { files } = JSON.parse(readFileSync(at("load-on/manifest.json"), "utf8")) as { files: readonly { path: string }[] };
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["custodian/store.jsonl", "founded.json", "profiles/auditor/profile.json", "postgres/data/backup_label", "run/deployment.json"]));
  expect(paths.filter((path) => /root\.key|password|key\.pem|postmaster\.pid/.test(path))).toEqual([]);
  const password = readFileSync(join(home, "postgres/superuser.password"), "utf8").trim();
  const rootKey = readFileSync(rootKeyFile(), "utf8").trim();
  for (const name of [...paths, "manifest.json", "manifest.mac"]) {
    const bytes = readFileSync(at("load-on", name));
    for (const secret of [password, rootKey]) expect(bytes.includes(secret), name).toBe(false);
  }
  expect(readFileSync(at("again-on/postgres/superuser.password"), "utf8").trim()).toBe(password);
});

test("one that is damaged, of another key, or into a folder that is used, is refused by name, and nothing is restored", async () => {
  const refused = async (name: string, over: Partial<Parameters<typeof restore>[0]> = {}): Promise<object> => {
    const answer = await restore({ from: at(name), home: at(`${name}-home`), rootKeyFile: rootKeyFile(), shreds: "none", ...over }).then(
      () => ({}),
      (error: { code: string; context: object }) => ({ code: error.code, ...error.context }),
    );
    expect([existsSync(at(`${name}-home`)), existsSync(at(`${name}-home.restoring`))]).toEqual([false, false]);
    return answer;
  };
  /** What is said of it with this file so; afterwards it is as it was. */
  const broken = async (file: string, harm: (bytes: Buffer) => Buffer | null): Promise<object> => {
    const path = at("load-on", file);
    const before = existsSync(path) ? readFileSync(path) : null;
    const after = harm(before ?? Buffer.alloc(0));
    if (after === null) rmSync(path);
    else writeFileSync(path, after);
    const answer = await refused("load-on");
    if (before === null) rmSync(path);
    else writeFileSync(path, before);
    return answer;
  };
  const [store, small] = ["custodian/store.jsonl", "founded.json"];
  const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)));
  expect(await broken(store, flip)).toEqual({ code: "backup.damaged", file: store });
  expect(await broken(small, () => null)).toEqual({ code: "backup.damaged", file: small });
  expect(await broken(store, (bytes) => Buffer.concat([bytes, Buffer.from("x")]))).toEqual({ code: "backup.damaged", file: store });
  expect(await broken("postgres/data/recovery.signal", (none) => none)).toEqual({ code: "backup.damaged", file: "postgres/data/recovery.signal" });
  expect(await broken("manifest.json", (bytes) => Buffer.from(bytes.toString("utf8").replace('"running":true', '"running":false')))).toEqual({ code: "backup.key" });
  expect(await broken("manifest.json", () => null)).toMatchObject({ code: "backup.unreadable" });
  createRootKey(at("other.key"));
  expect(await refused("load-on", { rootKeyFile: at("other.key") })).toEqual({ code: "backup.key" });
  await expect(restore({ from: at("load-on"), home, rootKeyFile: rootKeyFile() })).rejects.toMatchObject({ code: "backup.exists" });
  await expect(make("load-on")).rejects.toMatchObject({ code: "backup.exists" });
  expect(existsSync(at("load-on/manifest.json"))).toBe(true);
});

test("a backup of a store whose root key is elsewhere is put back by that key alone, and brings no root.key", async () => {
  const [stopped, next] = [at("moved"), at("next.key")];
  await restore({ from: at("load-on"), home: stopped, rootKeyFile: rootKeyFile(), shreds: "none" });
  const [custodian, wrapper] = [join(stopped, "custodian"), fileRoot(next)];
  rmSync(join(custodian, "root.key"));
  // The store of a home of its own, since this one's is not sealed: what counts here is its first line.
  const header = await newRoot(wrapper);
  writeFileSync(join(custodian, "store.jsonl"), `${headerLine(header)}\n`, { mode: 0o600 });
  const { rootKey } = await rootKeyOf({ home: custodian, isEmpty: false, wrapper });
  await make("of-moved", { home: stopped, isRunning: false, rootKey });
  const from = at("of-moved");
  await expect(restore({ from, home: at("moved-again"), rootKeyFile: rootKeyFile(), shreds: "none" })).rejects.toMatchObject({ code: "setting.invalid" });
  createRootKey(at("foreign.key"));
  await expect(restore({ from, home: at("moved-again"), wrapper: fileRoot(at("foreign.key")), shreds: "none" })).rejects.toMatchObject({ code: "custodian.store" });
  await restore({ from, home: at("moved-again"), wrapper, shreds: "none" });
  expect(existsSync(at("moved-again/custodian/root.key"))).toBe(false);
  expect(readFileSync(at("moved-again/custodian/store.jsonl"), "utf8")).toBe(`${headerLine(header)}\n`);
});

test("what was shredded stays so: the journals that are still there are put together, and without one nothing is restored", async () => {
  const to = (name: string, over: object = {}) => restore({ from: at("load-on"), home: at(name), rootKeyFile: rootKeyFile(), ...over });
  await expect(to("unsaid")).rejects.toMatchObject({ code: "backup.shreds" });
  const lines = [1, 2, 3].map((each) => `{"subject":"sub_${String(each).repeat(26)}"}`);
  writeFileSync(join(home, "custodian", SHREDS), shredsText(DEPLOYMENT, lines.slice(0, 2)));
  writeFileSync(at("kept.jsonl"), shredsText(DEPLOYMENT, lines.slice(1)));
  expect((await to("told", { shreds: at("kept.jsonl") })).shreds).toBe(3);
  expect(shredLines(at("told/custodian", SHREDS), DEPLOYMENT)).toEqual(lines);
  // It can't be said that there was nothing where there is something.
  expect((await to("denied", { shreds: "none" })).shreds).toBe(2);
  await expect(to("missing", { shreds: at("nowhere.jsonl") })).rejects.toMatchObject({ code: "backup.unreadable" });
  writeFileSync(at("kept.jsonl"), shredsText("danother", lines));
  await expect(to("altered", { shreds: at("kept.jsonl") })).rejects.toMatchObject({ code: "backup.damaged" });
  expect(["unsaid", "missing", "altered"].map((name) => existsSync(at(name)))).toEqual([false, false, false]);
  rmSync(join(home, "custodian", SHREDS));
});

test("a backup that breaks off leaves nothing that passes for one", async () => {
  const begin: typeof beginBaseBackup = async (url) => {
    const real = await beginBaseBackup(url);
    return { ...real, finish: () => Promise.reject(new Error("away")) };
  };
  await expect(make("cut", { begin })).rejects.toThrow("away");
  expect(existsSync(at("cut"))).toBe(false);
  await expect(make("no-database", { home: at("nothing") })).rejects.toMatchObject({ code: "setting.invalid" });
});

test("with everything stopped, the files are the backup; and a custodian's store that is still there is taken instead", async () => {
  const before = n;
  await database.close();
  await server.stop();
  await make("stopped", { isRunning: false });
  appendFileSync(join(home, "custodian/store.jsonl"), "signed 99999\n");
  expect(readFileSync(at("stopped/custodian/store.jsonl"), "utf8")).not.toContain("signed 99999");
  const { rows, signed } = await restored(at("stopped"), "stopped-again", join(home, "custodian"));
  expect([rows.length, signed.includes(99_999)]).toEqual([before, true]);
}, 120_000);
