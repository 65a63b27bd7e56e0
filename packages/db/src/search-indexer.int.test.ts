import { afterEach, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { searchIndexer } from "./search-store.ts";
import { migratedDatabase, testDraft, testTrail } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function fixture(): Promise<{ database: Database; owner: Database; trail: Awaited<ReturnType<typeof testTrail>> }> {
  const db = await migratedDatabase();
  const trail = await testTrail(db.apiUrl);
  const owner = connectDatabase({ url: db.ownerUrl, max: 2, applicationName: "test-owner" });
  open.push(
    () => db.drop(),
    () => owner.close(),
    () => trail.close(),
  );
  return { database: trail.database, owner, trail };
}

const indexAll = async (database: Database, limit = 1000): Promise<void> => {
  const indexer = searchIndexer(database);
  while ((await indexer.index(limit)) > 0);
};
const counted = async (owner: Database): Promise<readonly number[]> => {
  const [row] = await owner.run<{ rows: string; minutes: string; hours: string; quarters: string }>`
    SELECT (SELECT count(*) FROM audit.search) AS rows, (SELECT coalesce(sum(n), 0) FROM audit.search_counts WHERE span_s = 60) AS minutes,
           (SELECT coalesce(sum(n), 0) FROM audit.search_counts WHERE span_s = 3600) AS hours,
           (SELECT coalesce(sum(n), 0) FROM audit.search_counts WHERE span_s = 21600) AS quarters`;
  return [Number(row?.rows), Number(row?.minutes), Number(row?.hours), Number(row?.quarters)];
};

test("every record is searchable once and counted once, whoever indexes how often, at the same time or after one another", async () => {
  const { database, owner, trail } = await fixture();
  const appending = Promise.all(Array.from({ length: 300 }, (_, n) => trail.trail.append(testDraft(`req_${n}`))));
  await Promise.all(Array.from({ length: 4 }, () => indexAll(database, 7)));
  await appending;
  await Promise.all([indexAll(database, 20), indexAll(database, 50)]);
  await indexAll(database);
  expect(await counted(owner)).toEqual([300, 300, 300, 300]);
  const rows = await owner.run<{ same: boolean }>`
    SELECT bool_and(s.request_id = r.body::json ->> 'request_id' AND s.at_ms = extract(epoch FROM (r.body::json ->> 'timestamp_utc')::timestamptz) * 1000) AS same
      FROM audit.search s JOIN audit.records r USING (chain, generation, seq)`;
  expect(rows).toEqual([{ same: true }]);
});

test("a record that was altered into something that can't be read is left out, and the search goes on behind it", async () => {
  const { database, owner, trail } = await fixture();
  for (let n = 0; n < 8; n += 1) await trail.trail.append(testDraft(`req_${n}`));
  await owner.run`ALTER TABLE audit.records DISABLE TRIGGER append_only`;
  await owner.run`UPDATE audit.records SET body = '{"cut' WHERE seq = 2`;
  await owner.run`UPDATE audit.records SET body = '{"timestamp_utc":"2026-02-31T00:00:00.000Z"}' WHERE seq = 3`;
  await owner.run`UPDATE audit.records SET body = '{"timestamp_utc":"infinity","principal":"x"}' WHERE seq = 4`;
  await owner.run`UPDATE audit.records SET body = replace(body, 'prn_test', '\\u0000') WHERE seq = 5`;
  await owner.run`UPDATE audit.records SET body = '[1]' WHERE seq = 6`;
  await owner.run`UPDATE audit.records SET body = replace(body, 'prn_test', repeat('x', 9000)) WHERE seq = 7`;
  await indexAll(database);
  const seqs = await owner.run<{ seq: string }>`SELECT seq FROM audit.search ORDER BY seq`;
  expect(seqs.map(({ seq }) => Number(seq))).toEqual([1, 7, 8]);
});

test("the search goes over into a chain's next generation when that has begun", async () => {
  const { database, owner, trail } = await fixture();
  await trail.trail.append(testDraft("req_first"));
  await indexAll(database);
  await database.run`SELECT audit.open_generation('system', 2)`;
  const [first] = await owner.run<{ body: string }>`SELECT body FROM audit.records`;
  const body = first?.body.replace("req_first", "req_second") ?? "";
  await database.run`SELECT audit.append('system', 2, 0, ${Buffer.alloc(32)}, ${body}, ${Buffer.alloc(32, 1)})`;
  await indexAll(database);
  expect(await owner.run`SELECT generation, seq::integer AS seq, request_id FROM audit.search ORDER BY generation`).toEqual([
    { generation: 1, seq: 1, request_id: "req_first" },
    { generation: 2, seq: 1, request_id: "req_second" },
  ]);
});
