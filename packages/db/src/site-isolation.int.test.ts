import type { FieldRow } from "@sallyport/phi";
import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { changeStore } from "./change-store.ts";
import { checkpointStore } from "./checkpoint-store.ts";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { packetStore } from "./packet-store.ts";
import { recordStore } from "./record-store.ts";
import { withGrant } from "./site-context.ts";
import { studyStore } from "./study-store.ts";
import { subjectStore } from "./subject-store.ts";
import { migratedDatabase, testDraft, testTrail } from "./testing.ts";
import { trailReader } from "./trail-reader.ts";

const ONE: SiteRef = { study: "S", site: "1" };
const TWO: SiteRef = { study: "S", site: "2" };
const STUDY = {
  id: "S",
  title: "Study",
  profile: "sdtm",
  sites: [
    { id: "1", name: "One", country: "DE" },
    { id: "2", name: "Two", country: "DE" },
  ],
};
const idAt = (n: number): string => `sub_${String(n).padStart(26, "0")}`;
const SEALED = "sp1.sub_1-1.AAAA";

const chunkOf = (text: string, n = 0) => ({ file: 1, n, sealed: Buffer.from(text) });
const COUNTS = { created: 2, updated: 0, unchanged: 0 };
const OUTCOME = { subjects: COUNTS, records: { ...COUNTS, absent: 0 } };

const EMERGENCY = `emg_${"0".repeat(26)}`;
/** A grant by an emergency that was opened for the first subject. */
const inEmergency = (action: Action): Grant =>
  Grant.issue(
    { principal: "prn_test", person: "per_test", workload: "test", action, resource: "subject", requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites: [ONE], fields: { readable: [], masked: [] }, emergency: EMERGENCY },
  );

const grantOf = (action: Action, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    {
      ...(action === "packet.upload" ? { principal: "prn_ingest", person: "per_ingest" } : { principal: "prn_test", person: "per_test" }),
      workload: "test",
      action,
      resource: "subject",
      requestId: "req_test",
      policy: "v1:0",
    },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Fixture {
  readonly database: Database;
  readonly admin: postgres.Sql;
  readonly custodianUrl: string;
  readonly apiUrl: string;
}

const packetOf = (id: string, sites: readonly string[]) => ({
  id,
  study: "S",
  sites,
  dataset: "DM",
  format: "dataset-json-1.0",
  profile: "sdtm",
  state: "quarantined" as const,
  bytes: 10,
  rows: 2,
  files: [{ n: 1, dataset: "DM", format: "dataset-json-1.0", rows: 2, bytes: 10, document: null }],
  receivedAtMs: 1_700_000_000_000 + Number(id.slice(-1)),
  ingestedBy: "prn_ingest",
  ingestedByPerson: "per_ingest",
  wrapped: "sk1.k.AAAA",
});

/** Two sites, a released packet of both, and one subject with one field at each. */
async function fixture(max = 2): Promise<Fixture> {
  const db = await migratedDatabase();
  const database = connectDatabase({ url: db.apiUrl, max, applicationName: "test" });
  const admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  open.push(
    () => db.drop(),
    () => admin.end({ timeout: 1 }),
    () => database.close(),
  );
  const packets = packetStore(database);
  const subjects = subjectStore(database);
  const upload = grantOf("packet.upload", ONE, TWO);
  const release = grantOf("packet.release", ONE, TWO);
  await database.transaction((tx) => studyStore(database).register(tx, STUDY));
  await database.transaction((tx) => packets.insert(tx, upload, packetOf("pkt_1", ["1", "2"]), [chunkOf("chunk 0"), chunkOf("chunk 1", 1)]));
  await database.transaction(async (tx) => {
    await subjects.insert(
      tx,
      release,
      [ONE, TWO].map((site, n) => ({ ...site, id: idAt(n + 1), label: `label-${n + 1}`, wrapped: "sk1.k.AAAA", lookup: `lookup-${n + 1}` })),
    );
    const rows = [1, 2].map((n) => ({ subject: idAt(n), domain: "DM", record: "1", version: 1 }));
    const versions = rows.map((row, n) => ({ record: { ...row, position: n + 1 }, fields: [{ ...row, name: "SEX", classification: "phi" as const, sealed: SEALED }] }));
    await subjects.insertVersions(tx, release, "pkt_1", versions);
    await packets.decide(tx, release, "pkt_1", "released", OUTCOME);
  });
  return { database, admin, custodianUrl: db.custodianUrl, apiUrl: db.apiUrl };
}

const PHI_TABLES = ["phi.subjects", "phi.records", "phi.sealed_records", "ingress.packets", "ingress.packet_sites", "ingress.packet_files", "ingress.packet_chunks"];
const EMPTY = Object.fromEntries(PHI_TABLES.map((table) => [table, 0]));

async function visible(run: Tx): Promise<Record<string, number>> {
  const [row] = await run<{ counts: Record<string, number> }>`
    SELECT json_build_object('phi.subjects', (SELECT count(*) FROM phi.subjects), 'phi.records', (SELECT count(*) FROM phi.records),
      'phi.sealed_records', (SELECT count(*) FROM phi.sealed_records), 'ingress.packets', (SELECT count(*) FROM ingress.packets),
      'ingress.packet_sites', (SELECT count(*) FROM ingress.packet_sites), 'ingress.packet_files', (SELECT count(*) FROM ingress.packet_files), 'ingress.packet_chunks', (SELECT count(*) FROM ingress.packet_chunks)) AS counts`;
  return row?.counts ?? {};
}

faultTest("P8", "what a request before it on the same connection was granted shows the next one no row", async (defence) => {
  const { database } = await fixture(1);
  const grant = grantOf("packet.release", ONE, TWO);
  expect(await withGrant(database, grant, visible)).toMatchObject({ "phi.sealed_records": 2, "ingress.packet_chunks": 2 });
  await subjectStore(database).open(grantOf("phi.read", ONE, TWO), idAt(1));
  if (defence === "off") await database.run`SELECT set_config('sallyport.sites', ${"S/1\nS/2"}, false), set_config('sallyport.action', 'packet.release', false)`;
  expect(await visible(database.run)).toEqual(EMPTY);
});

faultTest("P8", "row security stands where a statement has no filter of its own", async (defence) => {
  const { database, admin } = await fixture();
  if (defence === "off") for (const table of PHI_TABLES) await admin.unsafe(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
  // The packet names both sites, so a grant for one of them sees nothing of it.
  expect(await withGrant(database, grantOf("packet.release", ONE), visible)).toEqual({
    ...EMPTY,
    "phi.subjects": 1,
    "phi.records": 1,
    "phi.sealed_records": 1,
    "ingress.packet_sites": 1,
  });
  expect(await withGrant(database, grantOf("subject.list", TWO), visible)).toEqual({ ...EMPTY, "phi.subjects": 1, "phi.records": 1, "ingress.packet_sites": 1 });
  expect(await withGrant(database, grantOf("trail.read"), visible)).toEqual(EMPTY);
});

faultTest("P8", "a grant by an emergency sees one subject and nothing else, for its two acts, until it is ended", async (defence) => {
  const { database, admin } = await fixture();
  const subjects = subjectStore(database);
  // A second subject at the same site.
  await database.transaction((tx) => subjects.insert(tx, grantOf("packet.release", ONE), [{ ...ONE, id: idAt(3), label: "label-3", wrapped: "sk1.k.AAAA", lookup: "lookup-3" }]));
  const person = `per_${"0".repeat(26)}`;
  await admin`INSERT INTO policy.principals (id, name, kind, person) VALUES ('prn_test', 'Test', 'person', ${person})`;
  await admin`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${person}, 'prn_test', 'test', 'Test', 'active')`;
  await admin`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES ('chg_1', 'r', 's', 'c')`;
  const seen = (action: Action) => withGrant(database, inEmergency(action), visible);
  expect(await seen("phi.read")).toEqual(EMPTY);
  await admin`
    INSERT INTO policy.emergencies (id, principal, person, subject, study, site, cause, reason, from_ms, until_ms)
    VALUES (${EMERGENCY}, 'prn_test', ${person}, ${idAt(1)}, 'S', '1', 'other', 'chg_1', 1, 2)`;
  if (defence === "off") for (const table of PHI_TABLES) await admin.unsafe(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
  const one = { ...EMPTY, "phi.subjects": 1, "phi.records": 1, "phi.sealed_records": 1 };
  expect([await seen("phi.read"), await seen("subject.read"), await seen("subject.list"), await seen("phi.bulk_reveal")]).toEqual([one, one, EMPTY, EMPTY]);
  const opened = await Promise.all([idAt(1), idAt(2), idAt(3)].map((id) => subjects.open(inEmergency("phi.read"), id)));
  expect(opened.map((each) => each?.subject.id ?? null)).toEqual([idAt(1), null, null]);
  await admin`UPDATE policy.emergencies SET ended_at_ms = 1, ended_by = 'x', ended_how = 'person'`;
  expect([await seen("phi.read"), await subjects.open(inEmergency("subject.read"), idAt(1))]).toEqual([EMPTY, null]);
});

test("a subject of another site is not there: not opened, not listed, not counted, not found", async () => {
  const { database } = await fixture();
  const subjects = subjectStore(database);
  expect(await subjects.open(grantOf("phi.read", ONE), idAt(2))).toBeNull();
  expect(await subjects.open(grantOf("phi.read", ONE), idAt(9))).toBeNull();
  const opened = await subjects.open(grantOf("phi.read", ONE), idAt(1), { names: ["DM.SEX"] });
  expect(opened?.fields).toEqual([{ subject: idAt(1), domain: "DM", record: "1", version: 1, name: "SEX", classification: "phi", sealed: SEALED }]);
  expect((await subjects.open(grantOf("phi.read", ONE), idAt(1), { names: ["DM.AGE"] }))?.fields).toEqual([]);
  const listed = await subjects.list(grantOf("subject.list", ONE), { limit: 10 });
  expect(listed).toMatchObject({ total: 1, bySite: [{ study: "S", site: "1", count: 1 }], items: [{ id: idAt(1), label: "label-1" }] });
  expect(await subjects.list(grantOf("subject.list", ONE), { limit: 10, site: "2" })).toEqual({ items: [], total: 0, bySite: [] });
  expect((await subjects.list(grantOf("subject.list", ONE, TWO), { limit: 1, after: "label-1" })).items.map(({ label }) => label)).toEqual(["label-2"]);
  const found = await database.transaction((tx) => subjects.find(tx, grantOf("packet.release", ONE), "S", ["lookup-1", "lookup-2", "lookup-3"], "lock"));
  expect(found.map(({ lookup }) => lookup)).toEqual(["lookup-1"]);
  expect(await subjects.siteOf(idAt(2))).toEqual(TWO);
  expect(await subjects.siteOf(idAt(9))).toBeNull();
});

test("crossings that share a round trip each see through their own grant, whichever order they came in", async () => {
  const { database } = await fixture();
  const subjects = subjectStore(database);
  const asked = [
    [grantOf("phi.read", ONE, TWO), 1],
    [grantOf("phi.read", ONE), 2],
    [grantOf("phi.read", TWO), 2],
    [grantOf("phi.read", TWO), 1],
    [grantOf("phi.read", ONE), 1],
    [grantOf("phi.read"), 1],
  ] as const;
  const opened = await Promise.all(asked.map(([grant, n]) => subjects.open(grant, idAt(n))));
  expect(opened.map((each) => each?.subject.id ?? null)).toEqual([idAt(1), null, idAt(2), null, idAt(1), null]);
  expect(await visible(database.run)).toEqual(EMPTY);
  expect(await Promise.all([idAt(2), idAt(9), idAt(1), idAt(2)].map((id) => subjects.siteOf(id)))).toEqual([TWO, null, ONE, TWO]);
});

test("a grant writes nothing outside its sites, and one for another act opens nothing", async () => {
  const { database, admin } = await fixture();
  const subjects = subjectStore(database);
  const one = grantOf("packet.release", ONE);
  const subject = { ...TWO, id: idAt(3), label: "label-3", wrapped: "w", lookup: "lookup-3" };
  await expect(database.transaction((tx) => subjects.insert(tx, one, [subject]))).rejects.toMatchObject({ code: "policy.denied" });
  const row = { subject: idAt(2), domain: "DM", record: "1", version: 2 };
  const version = { record: { ...row, position: 1 }, fields: [{ ...row, name: "SEX", classification: "phi" as const, sealed: SEALED }] };
  await expect(database.transaction((tx) => subjects.insertVersions(tx, one, "pkt_1", [version]))).rejects.toMatchObject({ code: "policy.denied" });
  // The adapter's own check left out: row security refuses.
  // Nor has its role a right to change a subject, or to lock one but by the function that only locks.
  await expect(withGrant(database, one, (tx) => tx`UPDATE phi.subjects SET id = 'sub_x' WHERE id = ${idAt(1)}`)).rejects.toMatchObject({ code: "policy.denied" });
  await expect(withGrant(database, one, (tx) => tx`SELECT 1 FROM phi.subjects FOR NO KEY UPDATE`)).rejects.toMatchObject({ code: "policy.denied" });
  const direct = withGrant(database, one, (tx) => tx`INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped) VALUES ('sub_x', 'S', '2', 'l', 'k', 'w')`);
  await expect(direct).rejects.toMatchObject({ code: "policy.denied", context: { sqlstate: "42501" } });
  await expect(subjects.open(grantOf("subject.list", ONE), idAt(1))).rejects.toMatchObject({ code: "policy.denied" });
  const closed = grantOf("phi.read", ONE);
  closed.close();
  await expect(subjects.open(closed, idAt(1))).rejects.toMatchObject({ code: "policy.denied" });
  expect(await admin`SELECT id FROM phi.subjects ORDER BY id`).toHaveLength(2);
});

test("a new version stays beside the old one, the new one is opened, and no version is given twice", async () => {
  const { database, admin } = await fixture();
  const subjects = subjectStore(database);
  const release = grantOf("packet.release", ONE, TWO);
  const field: FieldRow = { subject: idAt(1), domain: "DM", record: "1", version: 2, name: "SEX", classification: "phi", sealed: "sp1.sub_1-1.BBBB" };
  const insert = (...fields: readonly FieldRow[]) => database.transaction((tx) => subjects.insertVersions(tx, release, "pkt_1", [{ record: { ...field, position: 1 }, fields }]));
  await insert(field);
  expect((await subjects.open(grantOf("subject.read", ONE), idAt(1)))?.fields).toEqual([field]);
  expect(await admin`SELECT version FROM phi.sealed_records WHERE subject = ${idAt(1)} ORDER BY version`).toEqual([{ version: 1 }, { version: 2 }]);
  await expect(insert(field)).rejects.toMatchObject({ code: "service.busy" });
});

test("what isn't a sealed form of a named field is stored by nobody, nor are fields without their record", async () => {
  const { database, admin } = await fixture();
  const subjects = subjectStore(database);
  const release = grantOf("packet.release", ONE, TWO);
  const field: FieldRow = { subject: idAt(1), domain: "DM", record: "1", version: 2, name: "AGE", classification: "phi", sealed: SEALED };
  const insert = (...fields: readonly FieldRow[]) => database.transaction((tx) => subjects.insertVersions(tx, release, "pkt_1", [{ record: { ...field, position: 1 }, fields }]));
  const refused = { context: { sqlstate: "23514" } };
  for (const sealed of ["plaintext 63", "63", "", "sp1.k", "sp2.k.AAAA", "sp1.k.AAAA AAAA"]) await expect(insert({ ...field, sealed }), sealed).rejects.toMatchObject(refused);
  await expect(insert(field, { ...field, name: "SEX", sealed: "F" })).rejects.toMatchObject(refused);
  await expect(insert({ ...field, name: "A GE" })).rejects.toMatchObject(refused);
  await expect(insert()).rejects.toMatchObject({ context: { sqlstate: "23502" } });
  for (const separator of ["\t", "\n", "\f"]) {
    await expect(insert({ ...field, name: `AGE${separator}phi` })).rejects.toThrow(RangeError);
    await expect(insert({ ...field, sealed: `${SEALED}${separator}SEX` })).rejects.toThrow(RangeError);
  }
  const alone = withGrant(
    database,
    release,
    (tx) => tx`INSERT INTO phi.sealed_records (subject, domain, record, version, fields, site_key) VALUES (${idAt(1)}, 'DM', '1', 2, ${`AGE\tphi\t${SEALED}`}, 'S/1')`,
  );
  await expect(alone).rejects.toMatchObject({ context: { sqlstate: "23503" } });
  expect(await admin`SELECT version FROM phi.sealed_records WHERE subject = ${idAt(1)}`).toEqual([{ version: 1 }]);
});

test("a field that stands twice in its record opens nothing", async () => {
  const { database, admin } = await fixture();
  await admin`UPDATE phi.sealed_records SET fields = fields || E'\n' || fields WHERE subject = ${idAt(1)}`;
  await expect(subjectStore(database).open(grantOf("subject.read", ONE), idAt(1))).rejects.toMatchObject({ code: "phi.integrity" });
});

test("a packet is read back by no uploader, decided once, and listed within the grant's sites", async () => {
  const { database } = await fixture();
  const packets = packetStore(database);
  await database.transaction((tx) => packets.insert(tx, grantOf("packet.upload", ONE), packetOf("pkt_2", ["1"]), [chunkOf("c")]));
  expect((await packets.list(grantOf("packet.read", ONE), { limit: 5 })).items.map(({ id }) => id)).toEqual(["pkt_2"]);
  const both = await packets.list(grantOf("packet.read", ONE, TWO), { limit: 1 });
  expect(both).toMatchObject({ total: 2, items: [{ id: "pkt_2", sites: ["1"], state: "quarantined", outcome: null, decidedBy: null }] });
  expect((await packets.list(grantOf("packet.read", ONE, TWO), { limit: 5, after: "pkt_2" })).items).toMatchObject([{ id: "pkt_1", outcome: OUTCOME, decidedBy: "prn_test" }]);
  expect(await packets.get(grantOf("packet.read", TWO), "pkt_2")).toBeNull();
  const releaser = grantOf("packet.release", ONE);
  expect([await packets.waiting(releaser), await packets.waiting(grantOf("packet.release", TWO))]).toEqual([1, 0]);
  await expect(packets.waiting(grantOf("packet.read", ONE))).rejects.toMatchObject({ code: "policy.denied" });
  expect(await packets.placeOf("pkt_1")).toEqual({ sites: [ONE, TWO], state: "released", ingestedBy: "prn_ingest", ingestedByPerson: "per_ingest" });
  const chunks = (grant: Grant) => database.transaction((tx) => packets.chunks(tx, grant, "pkt_2", { file: 1, from: 0, limit: 9 }));
  expect((await chunks(grantOf("packet.release", ONE))).map(String)).toEqual(["c"]);
  expect((await chunks(grantOf("packet.inspect", ONE))).map(String)).toEqual(["c"]);
  expect(await chunks(grantOf("packet.release", TWO))).toEqual([]);
  expect(await chunks(grantOf("packet.inspect", TWO))).toEqual([]);
  for (const action of ["packet.upload", "packet.read"] as const) await expect(chunks(grantOf(action, ONE))).rejects.toMatchObject({ code: "policy.denied" });
  for (const action of ["packet.upload", "packet.read"] as const)
    expect(await withGrant(database, grantOf(action, ONE), (tx) => tx`SELECT sealed FROM ingress.packet_chunks`)).toEqual([]);
  const reject = grantOf("packet.reject", ONE);
  await database.transaction(async (tx) => {
    expect((await packets.lock(tx, reject, "pkt_2"))?.state).toBe("quarantined");
    await packets.decide(tx, reject, "pkt_2", "rejected", null);
  });
  await expect(database.transaction((tx) => packets.decide(tx, grantOf("packet.release", ONE), "pkt_2", "released", null))).rejects.toMatchObject({ code: "packet.state" });
  await expect(database.transaction((tx) => packets.insert(tx, grantOf("packet.upload", ONE), packetOf("pkt_3", ["1", "2"]), []))).rejects.toMatchObject({ code: "policy.denied" });
});

test("a site's records are read with a grant for that site, the system's with one over the deployment, and all by the custodian", async () => {
  const { database, custodianUrl, apiUrl } = await fixture();
  const { trail, store, close } = await testTrail(apiUrl);
  const custodian = connectDatabase({ url: custodianUrl, max: 2, applicationName: "test" });
  open.push(() => custodian.close(), close);
  const chains = ["site:S/1", "site:S/2", "system"];
  const receipts = await trail.inTransaction(async (tx, appendLast) => {
    for (const chain of chains) await store.openChain(tx, chain);
    await changeStore(database).insert(tx, { id: "chg_1", requestId: "req", sealed: "sp1.x.AAAA", commitment: "c" });
    return appendLast(chains.flatMap((chain) => [testDraft(`a-${chain}`, chain), testDraft(`b-${chain}`, chain)]));
  });
  const records = recordStore(database);
  const read = async (grant: Grant): Promise<readonly number[]> =>
    Promise.all(chains.map(async (chain) => (await records.records(grant, { chain, generation: 1, fromSeq: 1, limit: 10 })).length));
  expect(await read(grantOf("trail.export", ONE))).toEqual([2, 0, 0]);
  expect(await read(grantOf("trail.read"))).toEqual([0, 0, 2]);
  await expect(read(grantOf("subject.read", ONE))).rejects.toMatchObject({ code: "policy.denied" });
  expect(await records.records(grantOf("trail.export", ONE), { chain: "site:S/1", generation: 1, fromSeq: 2, limit: 1 })).toMatchObject([
    { seq: 2, prevMac: receipts[0]?.mac, mac: receipts[1]?.mac },
  ]);
  expect(await records.chains(["S/1"])).toEqual(["site:S/1"]);
  expect(await records.chains("all")).toEqual(chains);
  expect(await records.generations("site:S/1")).toMatchObject([{ generation: 1, size: 2, mac: receipts[1]?.mac }]);

  const checkpoint = { chain: "system", generation: 1, size: 2, root: "ab".repeat(32), note: "note" };
  await checkpointStore(database).insert(checkpoint);
  await checkpointStore(database).insert({ ...checkpoint, note: "another" });
  expect(await checkpointStore(custodian).page({ chain: "system", generation: 1, above: 0, limit: 9 })).toEqual([checkpoint]);
  expect(await checkpointStore(database).latest("site:S/1", 1)).toBeNull();

  const reader = trailReader(custodian);
  expect((await reader.heads()).map(({ chain, seq }) => [chain, seq])).toEqual(chains.map((chain) => [chain, 2]));
  const streamed = [];
  for await (const batch of reader.records("site:S/2", 1, 1, Number.MAX_SAFE_INTEGER)) streamed.push(...batch);
  expect(streamed).toEqual(await records.records(grantOf("trail.export", TWO), { chain: "site:S/2", generation: 1, fromSeq: 1, limit: 10 }));
  expect([await reader.subjectExists(idAt(1)), await reader.subjectExists(idAt(9))]).toEqual([true, false]);
  await expect(custodian.run`SELECT label FROM phi.subjects`).rejects.toMatchObject({ code: "policy.denied" });
  await expect(custodian.run`SELECT fields FROM phi.sealed_records`).rejects.toMatchObject({ code: "policy.denied" });
  await expect(reader.records("site:S/1' OR true --", 1, 1, 2)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "verb.invalid" });
});
