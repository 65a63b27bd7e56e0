import { parseBody, type SealedRecord, ZERO_MAC } from "@sallyport/audit";
import { hmacHex } from "@sallyport/crypto";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { type MigratedDatabase, migratedDatabase, TEST_AUDIT_KEY, testDraft, testTrail, type TestTrail } from "./testing.ts";

const IS_LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const opened: { close(): Promise<void> }[] = [];

async function fresh(): Promise<{ db: MigratedDatabase; admin: postgres.Sql; open: (limits?: Parameters<typeof testTrail>[1]) => Promise<TestTrail> }> {
  const db = await migratedDatabase();
  const admin = postgres(db.ownerUrl, { max: 2, onnotice: () => undefined });
  const trails: TestTrail[] = [];
  opened.push({
    async close() {
      await Promise.all(trails.map((trail) => trail.close()));
      await admin.end({ timeout: 1 });
      await db.drop();
    },
  });
  const open = async (limits?: Parameters<typeof testTrail>[1]): Promise<TestTrail> => {
    const trail = await testTrail(db.apiUrl, limits);
    trails.push(trail);
    return trail;
  };
  return { db, admin, open };
}

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function recordsOf(admin: postgres.Sql, chain = "system"): Promise<readonly SealedRecord[]> {
  const rows = await admin<{ seq: string; prev: string; mac: string; body: string }[]>`
    SELECT seq, encode(prev_mac, 'hex') AS prev, encode(mac, 'hex') AS mac, body FROM audit.records WHERE chain = ${chain} ORDER BY seq, mac`;
  return rows.map((row) => ({ chain, generation: 1, seq: Number(row.seq), prevMac: row.prev, mac: row.mac, body: row.body }));
}

/** The first thing that is wrong with a chain, or null. */
function flawOf(records: readonly SealedRecord[]): string | null {
  let prevMac = ZERO_MAC;
  for (const [index, record] of records.entries()) {
    if (record.seq !== index + 1) return `seq ${record.seq} stands at ${index + 1}`;
    if (record.prevMac !== prevMac) return `seq ${record.seq} does not follow its predecessor`;
    if (hmacHex(TEST_AUDIT_KEY, record.body) !== record.mac) return `seq ${record.seq} has another MAC`;
    prevMac = record.mac;
  }
  return null;
}

const idsOf = (records: readonly SealedRecord[]): readonly string[] => records.map(({ body }) => parseBody(body).request_id);

/** Takes the fence off: the head is not compared, and nothing is unique. */
async function unfence(admin: postgres.Sql): Promise<void> {
  const [row] = await admin<{ text: string }[]>`SELECT pg_get_functiondef('audit.append(text, integer, bigint, bytea, text, bytea)'::regprocedure) AS text`;
  const text = row?.text ?? "";
  const unfenced = text.replace(/WHERE h\.chain = p_chain[^;]*;/, "WHERE h.chain = p_chain;");
  expect(unfenced).not.toBe(text);
  await admin.unsafe(`
    ALTER TABLE audit.records DROP CONSTRAINT records_pkey; ALTER TABLE audit.records DROP CONSTRAINT records_prev_mac_generation_chain_key;
    ALTER TABLE audit.heads DISABLE TRIGGER forward_only; ${unfenced}`);
}

for (const writers of [2, 8]) {
  faultTest(
    "A9",
    `${writers} writers with pools of their own make one gap-free chain and lose nothing`,
    async (defence) => {
      const { admin, open } = await fresh();
      const trails = await Promise.all(Array.from({ length: writers }, () => open()));
      if (defence === "off") await unfence(admin);
      const untilMs = Date.now() + (IS_LONG && defence === "on" ? 60_000 : 1500);
      const acknowledged: string[] = [];
      const load = trails.flatMap(({ trail }, writer) =>
        [0, 1, 2, 3].map(async (caller) => {
          for (let n = 0; Date.now() < untilMs; n += 1) {
            const id = `req_${writer}_${caller}_${n}`;
            await (caller === 3 ? trail.inTransaction((_, appendLast) => appendLast([testDraft(id)])) : trail.append(testDraft(id)));
            acknowledged.push(id);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }),
      );
      const results = await Promise.allSettled(load);
      const records = await recordsOf(admin);
      expect(flawOf(records)).toBeNull();
      expect(results.map((result) => (result.status === "rejected" ? String(result.reason) : "-")).filter((each) => each !== "-")).toEqual([]);
      expect([...idsOf(records)].sort()).toEqual(acknowledged.sort());
    },
    IS_LONG ? 120_000 : 30_000,
  );
}

faultTest("A8", "an insert that takes five seconds is refused in time, and its record is there once or not at all", async (defence) => {
  const { admin, open } = await fresh();
  const { trail } = await open(defence === "on" ? {} : { deadlineMs: 60_000 });
  await admin.unsafe(`
    CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4); RETURN NULL; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION public.slow()`);
  const startedMs = Date.now();
  const late = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve("no answer"), 3000));
  const code = (work: Promise<unknown>): Promise<string> =>
    Promise.race([
      work.then(
        () => "stored",
        (error: Error) => error.message,
      ),
      late(),
    ]);
  const effect = trail.inTransaction(async (tx, appendLast) => {
    await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'sdtm')`;
    return appendLast([testDraft("req_transaction")]);
  });
  expect(await Promise.all([code(trail.append(testDraft("req_slow"))), code(effect)])).toEqual(["trail.unavailable", "trail.unavailable"]);
  expect(Date.now() - startedMs).toBeLessThan(3000);
  await admin.unsafe("DROP TRIGGER slow ON audit.records");
  await new Promise((resolve) => setTimeout(resolve, 5500));
  await trail.append(testDraft("req_after"));
  const ids = idsOf(await recordsOf(admin));
  expect(ids.filter((id) => id === "req_slow").length).toBeLessThanOrEqual(1);
  expect(ids.filter((id) => id === "req_transaction")).toEqual([]);
  expect(ids.filter((id) => id === "req_after")).toHaveLength(1);
  expect(await admin`SELECT id FROM regulatory.studies`).toEqual([]);
  expect(flawOf(await recordsOf(admin))).toBeNull();
});

/** Both ways in which records are appended: a run by itself, and runs of several chains. */
const APPENDING = "audit.append(text, integer, bigint, bytea, text, bytea), audit.append_runs(text, text, text, bytea, text, text, bytea)";

faultTest("A7", "while the trail can't be written nothing happens, and on recovery it says from when to when and how many", async (defence) => {
  const { admin, open } = await fresh();
  const { trail, database } = await open();
  await trail.append(testDraft("req_before"));
  await admin.unsafe(`REVOKE EXECUTE ON FUNCTION ${APPENDING} FROM sallyport_api`);
  const fromMs = Date.now();
  const change = (n: number): Promise<unknown> => {
    const effect = (tx: typeof database.run): Promise<unknown> => tx`INSERT INTO regulatory.studies (id, title, profile) VALUES (${`S${n}`}, 'S', 'sdtm')`;
    if (defence === "off") return effect(database.run).then(() => trail.append(testDraft(`req_change_${n}`)));
    return trail.inTransaction(async (tx, appendLast) => {
      await effect(tx);
      return appendLast([testDraft(`req_change_${n}`)]);
    });
  };
  const outcomes = await Promise.allSettled([...Array(20).keys()].flatMap((n) => [trail.append(testDraft(`req_out_${n}`)), change(n)]));
  expect(new Set(outcomes.map((outcome) => (outcome.status === "rejected" ? (outcome.reason as Error).message : "done")))).toEqual(new Set(["trail.unavailable"]));
  expect(await admin`SELECT id FROM regulatory.studies`).toEqual([]);
  expect(trail.outage?.refused).toBe(40);
  expect(Date.now() - fromMs).toBeLessThan(2000);
  await admin.unsafe(`GRANT EXECUTE ON FUNCTION ${APPENDING} TO sallyport_api`);
  await expect.poll(() => trail.outage, { timeout: 5000 }).toBeNull();
  const records = await recordsOf(admin);
  const outages = records.map(({ body }) => parseBody(body)).filter(({ action }) => action === "trail.outage");
  const told = outages.map(({ detail }) => /^from=(\S+) to=(\S+) refused_at_least=(\d+)$/.exec(detail)?.slice(1) ?? []);
  // Where recovery falls between two refusals, each side has a record of its own; together they tell of all.
  expect(told.reduce((sum, [, , refused]) => sum + Number(refused), 0)).toBe(40);
  let sinceMs = fromMs;
  for (const [from = "", to = ""] of told) {
    expect(Date.parse(from)).toBeGreaterThanOrEqual(sinceMs);
    sinceMs = Date.parse(to);
    expect(sinceMs).toBeGreaterThanOrEqual(Date.parse(from));
  }
  expect(idsOf(records)).toEqual(["req_before", ...outages.map(() => "-")]);
});

test("a run that lost its connection after the commit is acknowledged, and is not stored again", async () => {
  const { admin, open } = await fresh();
  const { trail, store } = await open();
  const insertAtHead = store.insertAtHead.bind(store);
  let isLost = false;
  Object.assign(store, {
    insertAtHead: async (...run: Parameters<typeof insertAtHead>) => {
      const outcome = await insertAtHead(...run);
      if (isLost) return outcome;
      isLost = true;
      await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'sallyport\\_api\\_%' AND datname = current_database()`;
      throw new Error("connection lost");
    },
  });
  const receipts = await Promise.all([trail.append(testDraft("req_1")), trail.append(testDraft("req_2"))]);
  expect(receipts.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(idsOf(await recordsOf(admin))).toEqual(["req_1", "req_2"]);
});

test("a transaction that appended nothing changes nothing, and still answers", async () => {
  const { admin, open } = await fresh();
  const { trail } = await open();
  const answer = await trail.inTransaction(async (tx) => {
    await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'sdtm')`;
    return "unchanged";
  });
  expect(answer).toBe("unchanged");
  expect(await admin`SELECT id FROM regulatory.studies`).toEqual([]);
});

test("one transaction appends to several chains, and each has its own sequence", async () => {
  const { admin, open } = await fresh();
  const { trail, store } = await open();
  await admin`INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'sdtm')`;
  await admin`INSERT INTO regulatory.sites (study, id, name, country) VALUES ('S', '1', 'One', 'DE'), ('S', '2', 'Two', 'DE')`;
  const receipts = await trail.inTransaction(async (tx, appendLast) => {
    expect(await store.openChain(tx, "site:S/1")).toBe(true);
    expect(await store.openChain(tx, "site:S/1")).toBe(false);
    await store.openChain(tx, "site:S/2");
    return appendLast([testDraft("a", "system"), testDraft("b", "site:S/2"), testDraft("c", "site:S/1"), testDraft("d", "system")]);
  });
  expect(receipts.map(({ chain, seq }) => `${chain} ${seq}`)).toEqual(["system 1", "site:S/2 1", "site:S/1 1", "system 2"]);
  for (const chain of ["system", "site:S/1", "site:S/2"]) expect(flawOf(await recordsOf(admin, chain))).toBeNull();
});

test("a chain that was never opened, and one of no registered site, take no record", async () => {
  const { open } = await fresh();
  const { trail, store, database } = await open();
  await expect(trail.append(testDraft("req", "site:S/9"))).rejects.toMatchObject({ code: "trail.unavailable" });
  await expect(database.transaction((tx) => store.openChain(tx, "site:S/9"))).rejects.toMatchObject({ code: "trail.unavailable" });
});
