import { Grant } from "@sallyport/policy";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LeafStore, leafStore } from "./leaf-store.ts";
import { type MigratedDatabase, migratedDatabase, testDraft, testTrail, type TestTrail } from "./testing.ts";

let db: MigratedDatabase;
let trail: TestTrail;
let admin: postgres.Sql;
let store: LeafStore;
const RUN = { signatures: Buffer.alloc(65_536, 7), vkey: "d.sallyport+00000000+AA==", signature: Buffer.alloc(64, 9) };
const at = (run: number) => ({ chain: "system", generation: 1, run });
const due = (run: number) => [{ ...at(run), isKept: false }];
const allKept = (run: number) => [{ ...at(run), isKept: true }];
const checkpoint = (size: number, generation = 1) =>
  admin`INSERT INTO audit.checkpoints (chain, generation, size, root, note) VALUES ('system', ${generation}, ${size}, decode(repeat('00', 32), 'hex'), 'a note')`;

beforeAll(async () => {
  db = await migratedDatabase();
  trail = await testTrail(db.apiUrl);
  admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  store = leafStore(trail.database);
  await trail.trail.append(testDraft("req_1"));
});
afterAll(async () => {
  await trail.close();
  await admin.end({ timeout: 1 });
  await db.drop();
});

const grantFor = (action: "trail.export" | "trail.read", sites: readonly { study: string; site: string }[]) =>
  Grant.issue(
    { principal: "svc_auditor", person: "svc_auditor", workload: "test", action, resource: "trail", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "auditor", sites: [...sites], fields: { readable: [], masked: [] } },
  );
/** SQLSTATE of a refusal, or `done`. */
const outcome = (work: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(work).then(
    () => "done",
    (error: postgres.PostgresError) => error.code,
  );

test("what is due is the first run that is checkpointed and not kept; that all are is said until the caller knows", async () => {
  expect(await store.due([], 8)).toEqual([]);
  await checkpoint(1023);
  expect(await store.due([], 8)).toEqual([]);
  await checkpoint(4100);
  expect(await store.due([], 8)).toEqual(due(0));
  expect([await store.keep(at(0), RUN), await store.keep(at(0), { ...RUN, signature: Buffer.alloc(64, 1) })]).toEqual([true, false]);
  expect(await store.due([], 8)).toEqual(due(1));
  await store.keep(at(2), RUN);
  expect(await store.due([at(1)], 8)).toEqual(due(1));
  await store.keep(at(1), RUN);
  expect([await store.due([], 8), await store.due([at(3)], 8), await store.due([at(4)], 8), await store.due([], 0)]).toEqual([due(3), due(3), [], []]);
  await store.keep(at(3), RUN);
  expect([await store.due([], 8), await store.due([at(2)], 8), await store.due([at(4)], 8)]).toEqual([allKept(4), allKept(4), []]);
});

test("a page's runs are there as they were kept, for a grant that reaches the chain, and for an export alone", async () => {
  const all = grantFor("trail.export", []);
  const of = { chain: "system", generation: 1, first: 1, last: 2 };
  expect(await store.runs(all, of)).toEqual([
    { run: 1, ...RUN },
    { run: 2, ...RUN },
  ]);
  expect(await store.runs(grantFor("trail.export", [{ study: "S", site: "701" }]), of)).toEqual([]);
  await expect(store.runs(grantFor("trail.read", []), of)).rejects.toThrow();
  await expect(store.runs(all, { ...of, chain: "system' --" })).rejects.toMatchObject({ code: "input.invalid" });
});

test("one node has the work, and keeps it until it leaves it", async () => {
  expect([await store.take("one"), await store.take("two"), await store.take("one")]).toEqual([true, false, true]);
  await admin`UPDATE audit.leaf_keeper SET until = now() - interval '1 second'`;
  expect([await store.take("two"), await store.take("one")]).toEqual([true, false]);
  expect(await store.appended()).toBe(1);
});

test("neither role alters, removes or plants what is kept, and the custodian's doesn't read it", async () => {
  const [api, custodian] = [db.apiUrl, db.custodianUrl].map((url) => postgres(url, { max: 1, onnotice: () => undefined })) as [postgres.Sql, postgres.Sql];
  try {
    const plant = "INSERT INTO audit.leaf_runs SELECT chain, generation, run + 10, signatures, vkey, signature FROM audit.leaf_runs";
    for (const statement of ["UPDATE audit.leaf_runs SET run = 9", "DELETE FROM audit.leaf_runs", "TRUNCATE audit.leaf_runs", plant, "UPDATE audit.leaf_keeper SET node = 'x'"])
      for (const sql of [api, custodian]) expect([statement, await outcome(sql.unsafe(statement))]).toEqual([statement, "42501"]);
    expect(await outcome(custodian`SELECT run FROM audit.leaf_runs`)).toBe("42501");
    // Without a grant the api's reads nothing.
    expect(await api`SELECT run FROM audit.leaf_runs`).toEqual([]);
    await admin.unsafe("SET ROLE sallyport_owner");
    for (const statement of ["UPDATE audit.leaf_runs SET run = 9", "DELETE FROM audit.leaf_runs"])
      expect([statement, await outcome(admin.unsafe(statement))]).toEqual([statement, "42501"]);
  } finally {
    await admin.unsafe("RESET ROLE");
    await Promise.all([api.end({ timeout: 1 }), custodian.end({ timeout: 1 })]);
  }
});
