import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import postgres from "postgres";
import { afterAll, beforeEach, expect, test } from "vitest";
import { archivalRemover, archiveStore } from "./archive-store.ts";
import { checkpointStore } from "./checkpoint-store.ts";
import { connectDatabase, type Database } from "./database.ts";
import { leafStore } from "./leaf-store.ts";
import { type MigratedDatabase, migratedDatabase, testDraft, testTrail, type TestTrail } from "./testing.ts";
import { treeStore } from "./tree-store.ts";

const NOTE = "a signed note";
const MANIFEST = '{"files":[],"v":1}\n';
const DIGEST = sha256Hex(MANIFEST);
/** Enough for a tile. */
const RECORDS = 300;
let db: MigratedDatabase;
let trail: TestTrail;
let admin: postgres.Sql;
let custodian: Database;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  db = await migratedDatabase();
  trail = await testTrail(db.apiUrl);
  admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  custodian = connectDatabase({ url: db.custodianUrl, max: 1, applicationName: "test" });
  const opened = [() => trail.close(), () => admin.end({ timeout: 1 }), () => custodian.close(), db.drop];
  closing.push(...opened);
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => trail.trail.append(testDraft(`req_${n}`))));
  await treeStore(trail.database).extend("system", 1, RECORDS);
  await trail.database.run`SELECT audit.index_chain('system', 1000)`;
  await trail.database.transaction((tx) => trail.store.openGeneration(tx, "system", 2));
  await trail.database.transaction((tx) =>
    archiveStore(trail.database).keep(tx, { chain: "system", generation: 1, digest: DIGEST, manifest: MANIFEST, statement: "a statement", principal: "svc_auditor", atMs: 0 }),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** What the custodian would have removed, as it stands. */
async function archived(over: object = {}) {
  const [ended] = await admin<
    { size: string; mac: string }[]
  >`SELECT previous_seq AS size, encode(previous_mac, 'hex') AS mac FROM audit.generations WHERE chain = 'system' AND generation = 2`;
  const times = { from: "2026-01-02T03:04:05.000Z", to: "2026-01-03T03:04:05.000Z" };
  return { chain: "system", generation: 1, size: Number(ended?.size), mac: ended?.mac ?? "", manifest: DIGEST, ...times, note: NOTE, ...over };
}
const left = async (): Promise<readonly number[]> => {
  const [row] = await admin<Record<string, number>[]>`
    SELECT (SELECT count(*)::int FROM audit.records) AS records, (SELECT count(*)::int FROM audit.tiles) AS tiles, (SELECT count(*)::int FROM audit.search) AS search`;
  return [row?.["records"] ?? -1, row?.["tiles"] ?? -1, row?.["search"] ?? -1];
};
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof SallyportError ? error.code : ((error as { code?: string }).code ?? "failed")),
  );
const ALL = [RECORDS, 1, RECORDS];
const RUN = { signatures: Buffer.alloc(65_536), vkey: "a+key", signature: Buffer.alloc(64) };
const keepRun = (): Promise<boolean> => leafStore(trail.database).keep({ chain: "system", generation: 1, run: 0 }, RUN);
const runs = async (): Promise<number> => (await admin`SELECT run FROM audit.leaf_runs`).length;

test("an archived generation leaves the database with all that was made of it, once, and what comes after is searchable", async () => {
  expect([await left(), await keepRun(), await runs()]).toEqual([ALL, true, 1]);
  await archivalRemover(custodian)(await archived());
  // The signatures of its leaves too, and they aren't kept any more.
  expect([await left(), await runs(), await keepRun(), await runs()]).toEqual([[0, 0, 0], 0, false, 0]);
  // Asked again, it is done already.
  await archivalRemover(custodian)(await archived());
  const store = archiveStore(trail.database);
  expect(await store.archivals(["system"])).toEqual([
    {
      chain: "system",
      generation: 1,
      size: RECORDS,
      manifest: DIGEST,
      fromMs: Date.parse("2026-01-02T03:04:05.000Z"),
      untilMs: Date.parse("2026-01-03T03:04:05.000Z"),
      removedAtMs: expect.any(Number) as number,
    },
  ]);
  expect([await store.manifest("system", 1, DIGEST), await store.manifest("system", 1, "0".repeat(64))]).toEqual([MANIFEST, null]);
  await trail.trail.append(testDraft("req_after"));
  await trail.database.run`SELECT audit.index_chain('system', 1000)`;
  expect(await left()).toEqual([1, 0, 1]);
});

test("what isn't the closed generation that was archived, in its order and whole, stays", async () => {
  const wrong: readonly object[] = [{ size: 1 }, { mac: "0".repeat(64) }, { manifest: "0".repeat(64) }, { generation: 2, size: 0, mac: "0".repeat(64) }];
  for (const over of wrong) expect([over, await outcome(archivalRemover(custodian)(await archived(over)))]).toEqual([over, expect.not.stringMatching("done")]);
  expect(await outcome(custodian.run`SELECT audit.remove_archived('system', 1)`)).not.toBe("done");
  // One that lost a record already is a break, and evidence.
  await admin.unsafe("ALTER TABLE audit.records DISABLE TRIGGER append_only; DELETE FROM audit.records WHERE seq = 9");
  expect(await outcome(archivalRemover(custodian)(await archived()))).not.toBe("done");
  expect((await left())[0]).toBe(RECORDS - 1);
});

test("the api has nothing removed, and the custodian nothing but what was archived", async () => {
  const { chain, generation, size, mac, manifest } = await archived();
  const insert = (of: Database) => of.run`
    INSERT INTO audit.archivals (chain, generation, size, mac, manifest, note) VALUES (${chain}, ${generation}, ${size}, ${Buffer.from(mac, "hex")}, ${Buffer.from(manifest, "hex")}, ${NOTE})`;
  const refused: readonly (() => Promise<unknown>)[] = [
    () => insert(trail.database),
    () => trail.database.run`SELECT audit.remove_archived('system', 1)`,
    () => trail.database.run`DELETE FROM audit.records`,
    () => custodian.run`DELETE FROM audit.records`,
  ];
  for (const work of refused) expect(await outcome(work())).toBe("policy.denied");
  await insert(custodian);
  // Even the owner takes nothing else away while a removal is under way, nor changes what it says.
  await admin.unsafe("SET ROLE sallyport_owner");
  await trail.trail.append(testDraft("req_after"));
  expect(await outcome(admin.unsafe("DELETE FROM audit.records WHERE generation = 2"))).toBe("done");
  for (const statement of [
    "DELETE FROM audit.archivals",
    "TRUNCATE audit.archivals",
    "UPDATE audit.archivals SET size = 1",
    "UPDATE audit.archivals SET removed_at = now(), note = 'x'",
    "DELETE FROM audit.archive_bundles",
  ])
    expect([statement, await outcome(admin.unsafe(statement))]).toEqual([statement, "42501"]);
  expect(await left()).toEqual([RECORDS + 1, 1, RECORDS]);
});

test("a removal that is killed in the middle leaves all of it, and the next one does it", async () => {
  await admin.unsafe(`CREATE SCHEMA slow; CREATE FUNCTION slow.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NULL; END';
    CREATE TRIGGER slow AFTER DELETE ON audit.tiles FOR EACH STATEMENT EXECUTE FUNCTION slow.wait(); GRANT USAGE ON SCHEMA slow TO PUBLIC`);
  const under = outcome(archivalRemover(custodian)(await archived()));
  for (let turn = 0; turn < 100; turn += 1) {
    const killed =
      await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test' AND datname = current_database() AND query LIKE '%remove_archived%' AND wait_event = 'PgSleep'`;
    if (killed.length > 0) break;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  expect(await under).toBe("service.unavailable");
  expect(await left()).toEqual(ALL);
  await admin.unsafe("DROP TRIGGER slow ON audit.tiles");
  await archivalRemover(custodian)(await archived());
  expect(await left()).toEqual([0, 0, 0]);
});

test("a chain's records are those of all its generations, as far as they stand there still", async () => {
  const standing = async () => (await checkpointStore(trail.database).standing(["system"])).map(({ generation, size, records }) => [generation, size, records]);
  expect(await standing()).toEqual([[2, 0, RECORDS]]);
  await archivalRemover(custodian)(await archived());
  expect(await standing()).toEqual([[2, 0, 0]]);
});
