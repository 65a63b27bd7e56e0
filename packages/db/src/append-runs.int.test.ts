import { encodeRecord, type Head, type SealedRecord, ZERO_MAC } from "@sallyport/audit";
import { hmacHex } from "@sallyport/crypto";
import fc from "fast-check";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appendRuns, type Run } from "./append-runs.ts";
import { connectDatabase, type Database } from "./database.ts";
import { type MigratedDatabase, migratedDatabase, TEST_AUDIT_KEY, TEST_DEPLOYMENT, testDraft } from "./testing.ts";
import { trailStore } from "./trail-store.ts";

const CHAINS = ["site:S/1", "site:S/2", "site:S/3", "system"] as const;

let db: MigratedDatabase;
let admin: postgres.Sql;
let database: Database;

beforeAll(async () => {
  db = await migratedDatabase();
  admin = postgres(db.ownerUrl, { max: 2, onnotice: () => undefined });
  database = connectDatabase({ url: db.apiUrl, max: 4, applicationName: "test" });
  await admin`INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'sdtm')`;
  await admin`INSERT INTO regulatory.sites (study, id, name, country) VALUES ('S', '1', 'One', 'DE'), ('S', '2', 'Two', 'DE'), ('S', '3', 'Three', 'DE')`;
  const store = trailStore(database);
  await database.transaction(async (tx) => {
    for (const chain of CHAINS) await store.openChain(tx, chain);
  });
});

afterAll(async () => {
  await database.close();
  await admin.end({ timeout: 1 });
  await db.drop();
});

let serial = 0;

function runAt(head: Head, length: number): Run {
  let prevMac = head.mac;
  const records = Array.from({ length }, (_, index): SealedRecord => {
    const { chain, generation } = head;
    const seq = head.seq + index + 1;
    const place = { deployment: TEST_DEPLOYMENT, generation, seq, timestampUtc: "2026-01-01T00:00:00.000Z", prevMac };
    const body = encodeRecord(testDraft(`req_${(serial += 1)}`, chain), place);
    const record = { chain, generation, seq, prevMac, mac: hmacHex(TEST_AUDIT_KEY, body), body };
    prevMac = record.mac;
    return record;
  });
  return { expected: head, records };
}

const headOf = (run: Run): Head => {
  const last = run.records.at(-1);
  return last === undefined ? run.expected : { ...run.expected, seq: last.seq, mac: last.mac };
};

async function headsNow(): Promise<Map<string, Head>> {
  return new Map((await trailStore(database).heads(CHAINS)).map((head) => [head.chain, head]));
}

const spoiled = (run: Run): Run => ({ ...run, records: run.records.map((record, index) => (index === 0 ? { ...record, body: `${record.body}é` } : record)) });

/** A run as it may come: at its chain's head, at a head that has moved on, at one that never was, or with a body that no record has. */
const wanted = fc.record({
  chain: fc.constantFrom(...CHAINS),
  length: fc.integer({ min: 1, max: 5 }),
  kind: fc.constantFrom("right", "right", "right", "stale", "foreign", "spoiled"),
});

test("of runs that share a statement each is stored if and only if its head still is the given one, whatever the others are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(wanted, { minLength: 1, selector: ({ chain }) => chain }), async (wishes) => {
      const model = await headsNow();
      const expected: string[] = [];
      const runs = wishes.map(({ chain, length, kind }) => {
        const head = model.get(chain) as Head;
        if (kind === "right") {
          const run = runAt(head, length);
          model.set(chain, headOf(run));
          expected.push("stored");
          return run;
        }
        if (kind === "spoiled") {
          expected.push("refused");
          return spoiled(runAt(head, length));
        }
        expected.push("moved");
        // A chain without a record has only one head that a record can follow.
        const isStale = kind === "stale" || head.seq === 0;
        return runAt({ ...head, seq: head.seq + (isStale ? 1 : 0), mac: isStale ? head.mac : "ab".repeat(32) }, length);
      });
      const outcomes = await appendRuns(database.lane("test"), runs);
      expect(outcomes.map((outcome) => (typeof outcome === "string" ? outcome : "refused"))).toEqual(expected);
      expect(await headsNow()).toEqual(model);
    }),
    { numRuns: 60 },
  );
  for (const chain of CHAINS) {
    const rows = await admin<{ seq: string; prev: string; mac: string; body: string }[]>`
      SELECT seq, encode(prev_mac, 'hex') AS prev, encode(mac, 'hex') AS mac, body FROM audit.records WHERE chain = ${chain} ORDER BY seq`;
    let prev = ZERO_MAC;
    for (const [index, row] of rows.entries()) {
      expect({ seq: Number(row.seq), prev: row.prev }).toEqual({ seq: index + 1, prev });
      expect(hmacHex(TEST_AUDIT_KEY, row.body)).toBe(row.mac);
      prev = row.mac;
    }
  }
});

test("a chain's runs go into statements of their own, in their order", async () => {
  const heads = await headsNow();
  const runs: Run[] = [];
  for (const length of [1, 3, 2]) {
    for (const chain of CHAINS) {
      const run = runAt(heads.get(chain) as Head, length);
      heads.set(chain, headOf(run));
      runs.push(run);
    }
  }
  expect(await appendRuns(database.lane("test"), runs)).toEqual(runs.map(() => "stored"));
  expect(await headsNow()).toEqual(heads);
});

test("a head that another transaction holds keeps no other chain waiting", async () => {
  const heads = await headsNow();
  const runs = CHAINS.map((chain) => runAt(heads.get(chain) as Head, 2));
  const outcomes = await admin.begin(async (tx) => {
    await tx`SELECT 1 FROM audit.heads WHERE chain = 'site:S/2' FOR UPDATE`;
    return appendRuns(database.lane("test"), runs);
  });
  expect(outcomes).toEqual(["stored", "moved", "stored", "stored"]);
});

test("runs of several chains are one commit, durable even where the session turned that off", async () => {
  const heads = await headsNow();
  const before = await admin<{ xmin: string }[]>`SELECT DISTINCT xmin::text FROM audit.heads`;
  await database.lane("test")`SELECT set_config('synchronous_commit', 'off', false)`;
  await admin.unsafe(`CREATE TABLE public.seen (value text); GRANT INSERT ON public.seen TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC;
    CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
    CREATE TRIGGER see AFTER INSERT ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION public.see()`);
  const outcomes = await appendRuns(
    database.lane("test"),
    CHAINS.map((chain) => runAt(heads.get(chain) as Head, 3)),
  );
  expect(outcomes).toEqual(CHAINS.map(() => "stored"));
  expect([...(await admin<{ value: string }[]>`SELECT value FROM public.seen`)].map(({ value }) => value)).toEqual(["on"]);
  const after = await admin<{ xmin: string }[]>`SELECT DISTINCT xmin::text FROM audit.heads`;
  expect(after).toHaveLength(1);
  expect(before.map(({ xmin }) => xmin)).not.toContain(after[0]?.xmin);
});

test.each([
  ["counts that differ", "system\nsite:S/1", "1\n1", "0\n0", 64, "1\n2", "x", 32],
  ["a first record that isn't the first", "system", "1", "0", 32, "2", "x\ny", 64],
  ["a run without a record", "system\nsite:S/1", "1\n1", "0\n0", 64, "1\n1", "x", 32],
  ["runs that go backwards", "system\nsite:S/1", "1\n1", "0\n0", 64, "1\n0", "x\ny", 64],
  ["MACs that are missing", "system", "1", "0", 32, "1", "x\ny", 32],
])("refuses %s", async (_, chains, generations, seqs, headBytes, firsts, bodies, macBytes) => {
  const call = database.run`
    SELECT audit.append_runs(${chains}, ${generations}, ${seqs}, ${Buffer.alloc(headBytes)}, ${firsts}, ${bodies}, ${Buffer.alloc(macBytes, 1)})`;
  await expect(call).rejects.toMatchObject({ context: { sqlstate: "22023" } });
});
