import { testDatabase } from "@sallyport/embedded-postgres/testing";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { expect, test } from "vitest";
import { connectDatabase } from "./database.ts";
import { assertSchema, migrate } from "./migrate.ts";
import { type Migration, readMigrations } from "./migration-files.ts";
import { migratedDatabase, TEST_DEPLOYMENT } from "./testing.ts";

const IS_LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const DEPLOYMENT = { deployment: TEST_DEPLOYMENT };

/** A migration's statements without its comments; a `;` inside `$$` ends none. */
function statementsOf({ sql }: Migration): readonly string[] {
  const statements: string[] = [];
  let rest = sql.replaceAll(/--.*$/gm, "");
  while (rest.trim() !== "") {
    const end = /^(?:[^;$]|\$\$[\s\S]*?\$\$|\$(?!\$))*;/.exec(rest)?.[0].length ?? rest.length;
    statements.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return statements.filter((statement) => statement.trim() !== "");
}

async function query(url: string, text: string): Promise<readonly postgres.Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

faultTest(
  "P5",
  "a migration that is killed at a statement leaves nothing, and the next run completes it",
  async (defence) => {
    const migrations = readMigrations();
    const points = migrations.flatMap((migration) => statementsOf(migration).map((_, at) => ({ migration, at })));
    expect(points.length).toBeGreaterThan(100);
    const step = IS_LONG ? 1 : 127;
    for (const { migration, at } of points.filter((_, n) => n % step === 3 % step)) {
      const empty = await testDatabase();
      const before = statementsOf(migration).slice(0, at).join("");
      const killed = migrations
        .slice(0, migration.version)
        .with(migration.version - 1, { ...migration, sql: `${before}; SET LOCAL ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid())` });
      await expect(migrate(empty.url, { ...DEPLOYMENT, migrations: killed })).rejects.toMatchObject({ code: "database.unreachable" });
      if (defence === "off" && at > 0) await query(empty.url, `SET ROLE sallyport_owner; ${before}`);
      const applied: string[] = [];
      const again = await migrate(empty.url, { ...DEPLOYMENT, log: (name) => applied.push(name) }).then(
        () => "migrated",
        (error: Error) => error.message,
      );
      await empty.drop();
      expect([migration.name, at, again]).toEqual([migration.name, at, "migrated"]);
      expect(applied).toEqual(migrations.slice(migration.version - 1).map(({ name }) => name));
    }
  },
  IS_LONG ? 300_000 : 60_000,
);

faultTest("P5", "an older version refuses a newer schema and changes nothing", async (defence) => {
  const { ownerUrl, apiUrl, drop } = await migratedDatabase();
  const database = connectDatabase({ url: apiUrl, max: 1, applicationName: "test" });
  try {
    if (defence === "on") await query(ownerUrl, "INSERT INTO boundary.migrations (version, name, sha256) VALUES (999, '0999-future', 'x')");
    await expect(migrate(ownerUrl, DEPLOYMENT)).rejects.toMatchObject({ code: "database.newer" });
    await expect(assertSchema(database, TEST_DEPLOYMENT)).rejects.toMatchObject({ code: "database.newer" });
  } finally {
    await database.close();
    await drop();
  }
});

test("migrating again changes nothing, and two migrators at once apply each migration once", async () => {
  const empty = await testDatabase();
  const applied: string[] = [];
  await Promise.all([1, 2].map(() => migrate(empty.url, { ...DEPLOYMENT, log: (name) => applied.push(name) })));
  await migrate(empty.url, { ...DEPLOYMENT, log: (name) => applied.push(name) });
  expect(applied).toEqual(readMigrations().map(({ name }) => name));
  await empty.drop();
});

test("a database from before there were other domains than DM keeps its packets, each with its one file and what its release counted", async () => {
  const empty = await testDatabase();
  await migrate(empty.url, { ...DEPLOYMENT, migrations: readMigrations().slice(0, 12) });
  await query(
    empty.url,
    `INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'cdisc-sdtm');
     INSERT INTO regulatory.sites (study, id, name, country) VALUES ('S', '1', 'one', 'NO');
     INSERT INTO ingress.packets (id, study, site_keys, dataset, format, profile, state, bytes, row_count, received_at_ms, ingested_by, ingested_by_person, wrapped, decided_by, decided_at_ms, outcome)
       VALUES ('pkt_1', 'S', '{S/1}', 'DM', 'dataset-json/1.0', 'cdisc-sdtm/1', 'released', 7, 3, 5, 'a', 'a', 'w', 'b', 6, '{"created":2,"updated":1,"unchanged":0}')`,
  );
  await migrate(empty.url, DEPLOYMENT);
  const [packet] = await query(
    empty.url,
    `SELECT p.state, p.outcome, f.n, f.dataset, f.row_count, (SELECT count(*)::integer FROM ingress.packet_sites) AS sites FROM ingress.packets p JOIN ingress.packet_files f ON f.packet = p.id`,
  );
  const subjects = { created: 2, updated: 1, unchanged: 0 };
  expect(packet).toEqual({ state: "released", outcome: { subjects, records: { ...subjects, absent: 0 } }, n: 1, dataset: "DM", row_count: 3, sites: 1 });
  await empty.drop();
});

test("a database from before records were sealed in one row keeps every version's fields, and what was put aside of each place that was left", async () => {
  const empty = await testDatabase();
  await migrate(empty.url, { ...DEPLOYMENT, migrations: readMigrations().slice(0, 17) });
  const place = (version: number, name: string): string => `'sub_1', 'DM', '1', ${version}, '${name}'`;
  await query(
    empty.url,
    `ALTER TABLE phi.fields DISABLE TRIGGER recorded;
     INSERT INTO phi.fields (subject, domain, record, version, name, classification, sealed, site_key)
       VALUES (${place(1, "SEX")}, 'phi', 'sp1.k-2.one', 'S/2'), (${place(1, "AGEU")}, 'public', 'sp1.k-2.unit', 'S/2'), (${place(2, "SEX")}, 'phi', 'sp1.k-2.two', 'S/2');
     INSERT INTO phi.past_fields (subject, domain, record, version, name, transfer, sealed)
       VALUES (${place(1, "SEX")}, 1, 'sp1.k-1.one'), (${place(1, "AGEU")}, 1, 'sp1.k-1.unit'), ('sub_1', 'CONSENT', '1', 1, 'FROM', 1, 'sp1.k-1.day');`,
  );
  await migrate(empty.url, DEPLOYMENT);
  expect(await query(empty.url, "SELECT version, fields, site_key FROM phi.sealed_records ORDER BY version")).toEqual([
    { version: 1, fields: "AGEU\tpublic\tsp1.k-2.unit\nSEX\tphi\tsp1.k-2.one", site_key: "S/2" },
    { version: 2, fields: "SEX\tphi\tsp1.k-2.two", site_key: "S/2" },
  ]);
  expect(await query(empty.url, "SELECT transfer, domain, fields FROM phi.past_sealed_records ORDER BY domain")).toEqual([
    { transfer: 1, domain: "CONSENT", fields: "FROM\tphi\tsp1.k-1.day" },
    { transfer: 1, domain: "DM", fields: "AGEU\tpublic\tsp1.k-1.unit\nSEX\tphi\tsp1.k-1.one" },
  ]);
  await empty.drop();
});

test("another deployment's database is refused before anything is changed", async () => {
  const { ownerUrl, apiUrl, drop } = await migratedDatabase();
  const database = connectDatabase({ url: apiUrl, max: 1, applicationName: "test" });
  await expect(migrate(ownerUrl, { deployment: "dother" })).rejects.toMatchObject({ code: "database.foreign" });
  await expect(assertSchema(database, "dother")).rejects.toMatchObject({ code: "database.foreign" });
  await expect(assertSchema(database, TEST_DEPLOYMENT)).resolves.toBeUndefined();
  await database.close();
  await drop();
});

test("a migration that reads differently from the one that was applied is refused", async () => {
  const { ownerUrl, drop } = await migratedDatabase();
  const [first, ...others] = readMigrations();
  const altered = [{ ...(first as Migration), sha256: "0".repeat(64) }, ...others];
  await expect(migrate(ownerUrl, { ...DEPLOYMENT, migrations: altered })).rejects.toMatchObject({ code: "database.altered" });
  await drop();
});

/**
 * What isn't the owner's, and functions that PUBLIC may call or that look names up by a path that isn't their own. One whose body was parsed when it was made, and
 * that runs as its caller, looks none up.
 */
const LOOSE = `
  SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ('regulatory', 'policy', 'ingress', 'phi', 'audit', 'boundary') AND pg_get_userbyid(c.relowner) <> 'sallyport_owner'
  UNION ALL
  SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname IN ('regulatory', 'policy', 'ingress', 'phi', 'audit', 'boundary')
     AND (pg_get_userbyid(p.proowner) <> 'sallyport_owner' OR has_function_privilege('public', p.oid, 'EXECUTE')
          OR (NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp'] AND (p.prosqlbody IS NULL OR p.prosecdef)))`;

test("everything is the owner's, and no function is PUBLIC's to call or looks names up by a path of others", async () => {
  const { ownerUrl, drop } = await migratedDatabase();
  const found = async (): Promise<readonly string[]> => (await query(ownerUrl, LOOSE)).map(({ name }) => name as string).toSorted();
  expect(await found()).toEqual([]);
  const made = [
    "boundary.by_text() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "boundary.as_owner() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
    "boundary.parsed() RETURNS int LANGUAGE sql RETURN 1",
  ];
  for (const definition of made)
    await query(ownerUrl, `SET ROLE sallyport_owner; CREATE FUNCTION ${definition}; REVOKE ALL ON FUNCTION ${definition.split(" ")[0] ?? ""} FROM PUBLIC`);
  await query(
    ownerUrl,
    "SET ROLE sallyport_owner; CREATE FUNCTION boundary.public_one() RETURNS int LANGUAGE sql RETURN 1; GRANT EXECUTE ON FUNCTION boundary.public_one() TO PUBLIC",
  );
  expect(await found()).toEqual(["boundary.as_owner", "boundary.by_text", "boundary.public_one"]);
  await drop();
});
