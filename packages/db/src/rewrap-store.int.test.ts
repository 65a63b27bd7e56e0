import { codeOf } from "@sallyport/errors";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { type MigratedDatabase, migratedDatabase } from "./testing.ts";
import { type RewrapStore, rewrapStore } from "./rewrap-store.ts";
import { trailReader } from "./trail-reader.ts";

let db: MigratedDatabase;
let admin: postgres.Sql;
let database: Database;
let custodian: Database;
let store: RewrapStore;
const JOB = { from: "kek-1", to: "kek-2" };
const SUBJECTS = 5;

beforeAll(async () => {
  db = await migratedDatabase();
  admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  database = connectDatabase({ url: db.apiUrl, max: 4, applicationName: "test" });
  custodian = connectDatabase({ url: db.custodianUrl, max: 1, applicationName: "test" });
  store = rewrapStore(database);
  // Rows alone, without all that they would stand on.
  await admin`SET session_replication_role = replica`;
  for (let n = 1; n <= SUBJECTS; n += 1)
    await admin`INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped) VALUES (${`sub_${n}`}, 'S', '1', ${`L${n}`}, ${`h${n}`}, ${`sk1.kek-1.s${n}`})`;
  for (const [n, state] of ["receiving", "released", "rejected", "abandoned"].entries()) {
    const isDecided = n === 1 || n === 2;
    await admin`INSERT INTO ingress.packets (id, study, site_keys, dataset, format, profile, state, bytes, row_count, received_at_ms, began_at_ms, ingested_by, ingested_by_person, wrapped, decided_by, decided_at_ms)
      VALUES (${`pkt_${n}`}, 'S', ARRAY['S/1'], 'DM', 'x', 'x', ${state}, 1, 1, 1, 1, 'p', 'p', ${`sk1.kek-1.p${n}`}, ${isDecided ? "p" : null}, ${isDecided ? 1 : null})`;
  }
  for (const n of [1, 2, 10])
    await admin`INSERT INTO phi.transfers (subject, n, from_key, to_key, key_version, wrapped, reason, principal, request_id, at_ms)
      VALUES ('sub_1', ${n}, 'S/9', 'S/1', 1, ${`sk1.kek-1.t${n}`}, ${`chg_${n}`}, 'p', 'r', 1)`;
  await admin`INSERT INTO phi.reference_keys (id, wrapped) VALUES ('lookup', 'sk1.kek-1.r')`;
  await admin`SET session_replication_role = origin`;
});
afterAll(async () => {
  await database?.close();
  await custodian?.close();
  await admin?.end({ timeout: 1 });
  await db?.drop();
});

const wraps = async (): Promise<Record<string, number>> => Object.fromEntries(await trailReader(custodian).wraps());
const sqlState = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf);

/** All keys under one, page by page. */
async function under(kek: string, size = 100) {
  const keys = [];
  for (let after = ""; ; after = keys.at(-1)?.place ?? "") {
    const page = await store.next(kek, after, size);
    if (page.length === 0) return keys;
    keys.push(...page);
  }
}

test("every wrapped key is found once, page by page, with what it was wrapped for", async () => {
  for (const size of [1, 2, 3, 100]) {
    const places = (await under("kek-1", size)).map(({ place }) => place);
    expect([size, places]).toEqual([
      size,
      [...[0, 1, 2, 3].map((n) => `packet pkt_${n}`), "reference lookup", ...[1, 2, 3, 4, 5].map((n) => `subject sub_${n}`), ...[1, 2, 10].map((n) => `transfer sub_1 ${n}`)],
    ]);
  }
  const all = new Map((await under("kek-1")).map((key) => [key.place, key.context]));
  expect(all.get("packet pkt_1")).toEqual({ purpose: "packet", id: "pkt_1", study: "S", site: "-" });
  expect(all.get("reference lookup")).toEqual({ purpose: "reference", id: "lookup", study: "-", site: "-" });
  expect(all.get("subject sub_2")).toEqual({ purpose: "subject", id: "sub_2", study: "S", site: "1" });
  // By the place that was left.
  expect(all.get("transfer sub_1 10")).toEqual({ purpose: "subject", id: "sub_1", study: "S", site: "9" });
  expect(await under("kek-2")).toEqual([]);
});

test("a wrapping is replaced where the one that was read still stands, whatever its packet or transfer went through; the inventory follows", async () => {
  expect(await wraps()).toEqual({ "kek-1": 13 });
  expect(await store.take(JOB, "node_1")).toBe(true);
  const keys = (await under("kek-1")).map(({ place, wrapped: was }) => ({ place, was, now: was.replace("kek-1", "kek-2") }));
  const stale = keys.map((key) => (key.place === "subject sub_3" ? { ...key, was: "sk1.kek-1.other" } : key));
  expect(await store.replace(JOB, stale)).toBe(12);
  expect(await wraps()).toEqual({ "kek-1": 1, "kek-2": 12 });
  expect(await store.replace(JOB, stale)).toBe(0);
  expect(await store.replace(JOB, keys)).toBe(1);
  expect(await wraps()).toEqual({ "kek-2": 13 });
  expect(await admin`SELECT state, wrapped FROM ingress.packets WHERE id = 'pkt_2'`).toEqual([{ state: "rejected", wrapped: "sk1.kek-2.p2" }]);
  await store.end(JOB, "node_1", 0);
  expect(await store.progress()).toMatchObject([{ ...JOB, moved: 13, stuck: 0 }]);
});

test("a subject that another act holds is left for the next time", async () => {
  const back = { from: "kek-2", to: "kek-1" };
  const keys = (await store.next("kek-2", "subject sub_3", 2)).map(({ place, wrapped: was }) => ({ place, was, now: was.replace("kek-2", "kek-1") }));
  expect(keys.map(({ place }) => place)).toEqual(["subject sub_4", "subject sub_5"]);
  await admin.begin(async (tx) => {
    await tx`SELECT 1 FROM phi.subjects WHERE id = 'sub_4' FOR UPDATE`;
    expect(await store.replace(back, keys)).toBe(1);
  });
  expect(await store.replace(back, keys)).toBe(1);
});

test("one node is at a job at a time, until it lets go or is silent for half a minute", async () => {
  const job = { from: "kek-5", to: "kek-6" };
  expect(await Promise.all([store.take(job, "node_1"), store.take(job, "node_2")])).toContain(false);
  await admin`UPDATE phi.rewraps SET node = 'node_1' WHERE from_kek = 'kek-5'`;
  expect([await store.take(job, "node_1"), await store.take(job, "node_2")]).toEqual([true, false]);
  await admin`UPDATE phi.rewraps SET until = now() - interval '1 second' WHERE from_kek = 'kek-5'`;
  expect(await store.take(job, "node_2")).toBe(true);
  await store.end(job, "node_1", 3);
  expect(await store.take(job, "node_1")).toBe(false);
  await store.end(job, "node_2", 3);
  expect(await store.take(job, "node_1")).toBe(true);
});

test("what was moved is told once, when the job is over or another took its place, and not while a node is at it", async () => {
  const told = (current: typeof JOB | null, node = "node_1") => database.transaction((tx) => store.tell(tx, current, node));
  expect([await store.isUntold(null, "node_1"), await told(null)]).toEqual([true, [{ ...JOB, moved: 13, stuck: 0 }]]);
  expect([await store.isUntold(null, "node_1"), await told(null)]).toEqual([false, []]);
  const [job, node] = [{ from: "kek-2", to: "kek-3" }, "node_7"];
  expect(await store.take(job, node)).toBe(true);
  const move = async (limit: number): Promise<void> => {
    const keys = (await under("kek-2")).slice(0, limit).map(({ place, wrapped: was }) => ({ place, was, now: was.replace("kek-2", "kek-3") }));
    expect(await store.replace(job, keys)).toBe(keys.length);
  };
  await move(2);
  // Something is left, or another node is at it.
  expect([await told(job, node), await told(null, "node_1")]).toEqual([[], []]);
  // This one turned back, so it is over as it is; then it goes on, and one is left that doesn't open.
  expect(await told(null, node)).toEqual([{ ...job, moved: 2, stuck: 0 }]);
  const all = (await under("kek-2")).length;
  await move(all - 1);
  expect(await told(job, node)).toEqual([]);
  await store.end(job, node, 1);
  // Rolled back with its record, it is told at the next time.
  await database.transaction(async (tx) => Promise.reject(new Error(String((await store.tell(tx, job, node)).length)))).catch(({ message }: Error) => expect(message).toBe("1"));
  expect([await told(job, "node_8"), await told(job, node)]).toEqual([[{ ...job, moved: all - 1, stuck: 1 }], []]);
});

test("the functions change a wrapping and nothing else, for their own job alone, and nobody's role changes one without them", async () => {
  const [key] = await store.next("kek-2", "subject ", 1);
  const replace = (now: string): Promise<unknown> => store.replace({ from: "kek-2", to: "kek-1" }, [{ place: key?.place ?? "", was: key?.wrapped ?? "", now }]);
  expect(await sqlState(replace("sk1.kek-3.x"))).toBe("policy.denied");
  expect(await sqlState(database.run`SELECT phi.wrapped_under('kek-1', '', 1)`)).toBe("policy.denied");
  expect(await sqlState(database.run`SELECT phi.rewrap('kek-1', 'kek-2', '[]')`)).toBe("policy.denied");
  expect(await sqlState(database.run`UPDATE phi.subjects SET wrapped = 'x'`)).toBe("policy.denied");
  expect(await sqlState(database.run`UPDATE ingress.packets SET wrapped = 'x'`)).toBe("policy.denied");
  expect(await sqlState(database.run`SELECT phi.wraps()`)).toBe("policy.denied");
  expect(await sqlState(custodian.run`SELECT phi.rewrap('kek-1', 'kek-2', '[]')`)).toBe("policy.denied");
  expect(await sqlState(custodian.run`SELECT wrapped FROM phi.subjects`)).toBe("policy.denied");
  await expect(admin`UPDATE phi.transfers SET wrapped = 'sk1.kek-9.x', n = 7 WHERE n = 1`).rejects.toMatchObject({ code: "42501" });
  await expect(admin`UPDATE phi.transfers SET reason = 'other' WHERE n = 1`).rejects.toMatchObject({ code: "42501" });
  await expect(admin`UPDATE ingress.packets SET wrapped = 'sk1.kek-9.x', state = 'quarantined' WHERE id = 'pkt_2'`).rejects.toMatchObject({ code: "42501" });
  await expect(admin`UPDATE ingress.packets SET state = 'quarantined' WHERE id = 'pkt_2'`).rejects.toMatchObject({ code: "42501" });
  await expect(admin`UPDATE phi.reference_keys SET id = 'other'`).rejects.toMatchObject({ code: "42501" });
});
