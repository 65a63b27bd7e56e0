import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { type MigratedDatabase, migratedDatabase, testDraft, testTrail } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function sessions(): Promise<{ db: MigratedDatabase; admin: postgres.Sql; api: postgres.Sql; custodian: postgres.Sql }> {
  const db = await migratedDatabase();
  open.push(() => db.drop());
  const connect = (url: string): postgres.Sql => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    open.push(() => sql.end({ timeout: 1 }));
    return sql;
  };
  return { db, admin: connect(db.ownerUrl), api: connect(db.apiUrl), custodian: connect(db.custodianUrl) };
}

/** SQLSTATE of a refusal, or `done`. */
const outcome = (work: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(work).then(
    () => "done",
    (error: postgres.PostgresError) => error.code,
  );

const APPEND = "SELECT audit.append('system', 1, 0, decode(repeat('00', 32), 'hex'), '{}', decode(repeat('01', 32), 'hex'))";

faultTest("P6", "an append commits durably, also in a session that turned synchronous_commit off", async (defence) => {
  const { admin, api } = await sessions();
  await admin`SELECT audit.open_chain('system')`;
  if (defence === "off") {
    const [row] = await admin<{ text: string }[]>`SELECT pg_get_functiondef('audit.append(text, integer, bigint, bytea, text, bytea)'::regprocedure) AS text`;
    await admin.unsafe((row?.text ?? "").replace("PERFORM set_config('synchronous_commit', 'on', true)", "PERFORM 1"));
  }
  await api.unsafe("SET synchronous_commit = off");
  const [before, after] = await api.begin(async (tx) => {
    const [off] = await tx`SHOW synchronous_commit`;
    await tx.unsafe(APPEND);
    const [on] = await tx`SHOW synchronous_commit`;
    return [off?.["synchronous_commit"] as string, on?.["synchronous_commit"] as string];
  });
  expect(before).toBe("off");
  expect(after).toBe("on");
});

faultTest("P6", "the api can make no temporary table that shadows the trail", async (defence) => {
  const { admin, api } = await sessions();
  if (defence === "off") await admin.unsafe("DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO sallyport_api', current_database()); END $$");
  expect(await outcome(api`CREATE TEMP TABLE records (body text)`)).toBe("42501");
});

test("[P6] the api becomes no other role and makes no object anywhere", async () => {
  const { api, custodian } = await sessions();
  for (const sql of [api, custodian]) {
    expect(await outcome(sql`SET ROLE sallyport_owner`)).toBe("42501");
    expect(await outcome(sql`SET SESSION AUTHORIZATION sallyport_owner`)).toBe("42501");
    expect(await outcome(sql`SET session_replication_role = replica`)).toBe("42501");
    for (const schema of ["public", "audit", "phi", "boundary", "policy", "ingress", "regulatory"])
      expect(await outcome(sql.unsafe(`CREATE TABLE ${schema}.planted (n int)`))).toBe("42501");
  }
});

const FORBIDDEN = [
  "INSERT INTO audit.records VALUES ('system', 1, 2, decode(repeat('01', 32), 'hex'), decode(repeat('02', 32), 'hex'), '{}')",
  "UPDATE audit.records SET body = '{}'",
  "DELETE FROM audit.records",
  "TRUNCATE audit.records",
  "UPDATE audit.heads SET seq = 0",
  "DELETE FROM audit.heads",
  "INSERT INTO audit.heads VALUES ('system', 1, 0, decode(repeat('00', 32), 'hex'))",
  "UPDATE audit.generations SET generation = 2",
  "DELETE FROM audit.checkpoints",
  "UPDATE audit.checkpoints SET note = ''",
  "DELETE FROM audit.changes",
  "UPDATE audit.changes SET sealed = ''",
  "SELECT sealed FROM audit.changes",
  "ALTER TABLE audit.records DISABLE TRIGGER ALL",
  "ALTER TABLE audit.records DISABLE ROW LEVEL SECURITY",
  "DROP TABLE audit.records",
  "COPY audit.records FROM STDIN",
  "CREATE OR REPLACE FUNCTION audit.forward_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
];

faultTest("P7", "the api and the custodian change, remove and copy nothing of the trail", async (defence) => {
  const { admin, api, custodian } = await sessions();
  await admin`SELECT audit.open_chain('system')`;
  await admin.unsafe(APPEND);
  if (defence === "off") {
    await admin.unsafe(`GRANT ALL ON ALL TABLES IN SCHEMA audit TO sallyport_api, sallyport_custodian;
      ALTER TABLE audit.records DISABLE TRIGGER USER; ALTER TABLE audit.heads DISABLE TRIGGER USER; ALTER TABLE audit.records DISABLE ROW LEVEL SECURITY`);
  }
  for (const statement of FORBIDDEN) {
    expect([statement, await outcome(api.unsafe(statement))]).toEqual([statement, "42501"]);
    expect([statement, await outcome(custodian.unsafe(statement))]).toEqual([statement, "42501"]);
  }
  expect(await outcome(custodian.unsafe(APPEND))).toBe("42501");
});

faultTest("P7", "the owner of the tables changes and removes nothing of the trail either, while the triggers stand", async (defence) => {
  const { admin } = await sessions();
  await admin`SELECT audit.open_chain('system')`;
  await admin.unsafe(APPEND);
  if (defence === "off")
    await admin.unsafe("ALTER TABLE audit.records DISABLE TRIGGER append_only; ALTER TABLE audit.heads DISABLE TRIGGER forward_only, DISABLE TRIGGER never_removed");
  await admin.unsafe("SET session_replication_role = replica");
  await admin.unsafe("SET ROLE sallyport_owner");
  for (const statement of [
    "UPDATE audit.records SET body = '{ }'",
    "DELETE FROM audit.records",
    "TRUNCATE audit.records",
    "UPDATE audit.heads SET seq = 0",
    "DELETE FROM audit.heads",
  ]) {
    expect([statement, await outcome(admin.unsafe(statement))]).toEqual([statement, "42501"]);
  }
});

test("no failure carries the server's words, or a value", async () => {
  const { db } = await sessions();
  const { database, trail, close } = await testTrail(db.apiUrl);
  open.push(close);
  await trail.append(testDraft("req"));
  const insert = () => database.run`INSERT INTO regulatory.studies (id, title, profile) VALUES ('canary-value', 'x', 'y')`;
  await insert();
  const error = await insert().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "internal", context: { sqlstate: "23505" } });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("canary-value");
  expect((error as Error).cause).toBeUndefined();
});
