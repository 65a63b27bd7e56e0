import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { connectDatabase, type Database, type DatabaseOptions } from "./database.ts";
import { type MigratedDatabase, migratedDatabase } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function fresh(options: Partial<DatabaseOptions> = {}): Promise<{ db: MigratedDatabase; database: Database; admin: postgres.Sql }> {
  const db = await migratedDatabase();
  const database = connectDatabase({ url: db.apiUrl, max: 2, applicationName: "test", ...options });
  const admin = postgres(db.ownerUrl, { max: 2, onnotice: () => undefined });
  open.push(
    () => db.drop(),
    () => admin.end({ timeout: 1 }),
    () => database.close(),
  );
  return { db, database, admin };
}

const terminate = (admin: postgres.Sql): PromiseLike<unknown> =>
  admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'sallyport\\_api\\_%' AND datname = current_database()`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

faultTest("P3", "with every connection held, callers are refused within two seconds and do not pile up", async (defence) => {
  const { database } = await fresh(defence === "on" ? { waitingMax: 20 } : { waitingMax: Number.MAX_SAFE_INTEGER, waitMs: 60_000 });
  let free: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (free = resolve));
  const holders = [1, 2].map(() =>
    database.transaction(async (tx) => {
      await tx`SELECT 1`;
      await held;
    }),
  );
  await sleep(300);
  const startedMs = Date.now();
  const late = sleep(2500).then(() => "no answer");
  const codes = Array.from({ length: 200 }, () =>
    Promise.race([
      database.run`SELECT 1`.then(
        () => "served",
        (error: Error) => error.message,
      ),
      late,
    ]),
  );
  const waiting = database.waiting;
  const answered = await Promise.all(codes);
  free();
  await Promise.all(holders);
  expect(new Set(answered)).toEqual(new Set(["service.busy"]));
  expect(Date.now() - startedMs).toBeLessThan(2300);
  expect(waiting).toBe(20);
  expect(database.waiting).toBe(0);
  expect(await database.run`SELECT 1 AS n`).toEqual([{ n: 1 }]);
});

test("a transaction whose connection was lost runs none of its later statements, on any session", async () => {
  const { database, admin } = await fresh({ max: 1 });
  const statements: unknown[] = [];
  const work = database.transaction(async (tx) => {
    await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES ('A', 'A', 'x')`;
    await terminate(admin);
    await sleep(100);
    for (const id of ["B", "C"]) {
      statements.push(
        await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES (${id}, 'x', 'x')`.then(
          () => "done",
          (error: Error) => error.message,
        ),
      );
      await sleep(50);
    }
    return "committed";
  });
  await expect(work).rejects.toMatchObject({ code: "service.unavailable" });
  expect(statements).toEqual(["service.unavailable", "service.unavailable"]);
  expect(await admin`SELECT id FROM regulatory.studies`).toEqual([]);
  expect(await database.run`SELECT 1 AS n`).toEqual([{ n: 1 }]);
});

test("connections that were lost under load come back, and every slot with them", async () => {
  const { database, admin } = await fresh({ max: 4 });
  for (let round = 0; round < 5; round += 1) {
    const load = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? database.run`SELECT pg_sleep(0.005)` : database.transaction(async (tx) => tx`SELECT pg_sleep(0.005)`)).then(
        () => "served",
        (error: Error) => error.message,
      ),
    );
    await sleep(20);
    await terminate(admin);
    for (const outcome of await Promise.all(load)) expect(["served", "service.unavailable"]).toContain(outcome);
  }
  expect(await Promise.all(Array.from({ length: 20 }, () => database.run`SELECT 1 AS n`))).toHaveLength(20);
  expect(database.waiting).toBe(0);
});

test("a transaction in which a failure was swallowed does not say that it committed", async () => {
  const { database, admin } = await fresh();
  const swallowed = database.transaction(async (tx) => {
    await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES ('A', 'A', 'x')`;
    await tx`SELECT 1 / 0`.catch(() => undefined);
    return "committed";
  });
  await expect(swallowed).rejects.toMatchObject({ code: "internal" });
  expect(await admin`SELECT id FROM regulatory.studies`).toEqual([]);
});

test("a transaction's handle is dead after it has ended", async () => {
  const { database } = await fresh();
  const kept = await database.transaction((tx) => Promise.resolve(tx));
  await expect(kept`SELECT 1`).rejects.toMatchObject({ code: "internal" });
});

test("a statement that never answers takes its connection with it, and the next one is served", async () => {
  const { database } = await fresh({ max: 1, statementMs: 200 });
  await database.run`SELECT 1`;
  await expect(database.run`SELECT pg_sleep(2)`).rejects.toMatchObject({ code: "service.unavailable" });
  expect(await database.run`SELECT 1 AS n`).toEqual([{ n: 1 }]);
});

test("a database that is not there is unavailable at once", async () => {
  const database = connectDatabase({ url: "postgres://sallyport_api:nobody-home-here@127.0.0.1:1/none", max: 1, applicationName: "test" });
  await expect(database.run`SELECT 1`).rejects.toMatchObject({ code: "service.unavailable" });
  await database.close();
});

test.each([
  ["postgres://u:p@db.example.org/x", "database.insecure"],
  ["postgres://u:p@db.example.org/x?sslmode=require", "database.insecure"],
  ["postgres://u:p@db.example.org/x?sslmode=disable", "database.insecure"],
  ["postgres://u:p@127.0.0.1/x?options=-csynchronous_commit%3Doff", "setting.invalid"],
  ["mysql://u:p@127.0.0.1/x", "setting.invalid"],
  ["not a url", "setting.invalid"],
])("refuses to connect by %s", (url, code) => {
  expect(() => connectDatabase({ url, max: 1, applicationName: "test" })).toThrow(code);
});
