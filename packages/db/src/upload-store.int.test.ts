import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { packetStore } from "./packet-store.ts";
import { withGrant } from "./site-context.ts";
import { studyStore } from "./study-store.ts";
import { migratedDatabase } from "./testing.ts";
import { uploadStore } from "./upload-store.ts";
import { uploadSweep } from "./upload-sweep.ts";

const ONE: SiteRef = { study: "S", site: "1" };
const TWO: SiteRef = { study: "S", site: "2" };
const CHUNK = 262_144;
const STUDY = { id: "S", title: "Study", profile: "sdtm", sites: ["1", "2"].map((id) => ({ id, name: id, country: "DE" })) };

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function fixture(): Promise<{ readonly database: Database; readonly admin: postgres.Sql }> {
  const { ownerUrl, apiUrl, drop } = await migratedDatabase();
  const admin = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  const database = connectDatabase({ url: apiUrl, max: 4, applicationName: "test" });
  open.push(
    drop,
    () => admin.end(),
    () => database.close(),
  );
  await database.transaction((tx) => studyStore(database).register(tx, STUDY));
  return { database, admin };
}

const grantOf = (principal: string, action: Action, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    { principal, person: `of_${principal}`, workload: "test", action, resource: "packet", requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );
const ada = () => grantOf("ada", "packet.upload", ONE, TWO);
const ben = () => grantOf("ben", "packet.upload", ONE, TWO);

async function begun(database: Database, id: string, files: readonly number[], beganAtMs = Date.now()): Promise<void> {
  const named = files.map((bytes, at) => ({ n: at + 1, bytes, sealedName: Buffer.from("sealed"), document: null }));
  await database.transaction((tx) => uploadStore(database).begin(tx, ada(), { id, study: "S", sites: [ONE, TWO], profile: "p/1", beganAtMs, wrapped: "w", files: named }));
}
const part = (packet: string, offset: number, bytes: number, file = 1) => ({
  packet,
  file,
  offset,
  bytes,
  chunks: Array.from({ length: Math.ceil(bytes / CHUNK) }, (_, at) => Buffer.from(`chunk ${offset / CHUNK + at}`)),
});
const READ = {
  sites: [ONE],
  dataset: "DM",
  format: "dataset-json/1.1",
  rows: 1,
  receivedAtMs: 5,
  files: [{ n: 1, dataset: "DM", format: "dataset-json/1.1", rows: 1, bytes: 9, document: null }],
};

test("parts are added in order, each file by itself, and read back while the packet is received, and never after", async () => {
  const { database } = await fixture();
  const uploads = uploadStore(database);
  await begun(database, "pkt_1", [2 * CHUNK + 5, 7]);
  expect(await uploads.append(ada(), part("pkt_1", 0, CHUNK))).toBe(CHUNK);
  await expect(uploads.append(ada(), part("pkt_1", 0, CHUNK))).rejects.toMatchObject({ code: "packet.offset", context: { next: CHUNK } });
  await expect(uploads.append(ada(), part("pkt_1", 2 * CHUNK, 5))).rejects.toMatchObject({ code: "packet.offset", context: { next: CHUNK } });
  expect(await uploads.append(ada(), part("pkt_1", 0, 7, 2))).toBe(7);
  expect(await uploads.append(ada(), part("pkt_1", CHUNK, CHUNK + 5))).toBe(2 * CHUNK + 5);
  expect((await uploads.get(ada(), "pkt_1"))?.files).toEqual([
    { n: 1, bytes: 2 * CHUNK + 5, received: 2 * CHUNK + 5, document: null },
    { n: 2, bytes: 7, received: 7, document: null },
  ]);
  const chunks = () => uploads.chunks(ada(), { packet: "pkt_1", file: 1, from: 1, limit: 9 });
  expect((await chunks()).map(String)).toEqual(["chunk 1", "chunk 2"]);
  await database.transaction((tx) => uploads.complete(tx, ada(), "pkt_1", READ));
  expect(await chunks()).toEqual([]);
  await expect(uploads.append(ada(), part("pkt_1", 2 * CHUNK + 5, 1))).rejects.toMatchObject({ code: "packet.state" });
  await expect(database.transaction((tx) => uploads.complete(tx, ada(), "pkt_1", READ))).rejects.toMatchObject({ code: "policy.denied" });
  await expect(database.transaction((tx) => uploads.abandon(tx, ada(), "pkt_1"))).rejects.toMatchObject({ code: "packet.state" });
  expect(await packetStore(database).get(grantOf("cyd", "packet.release", ONE), "pkt_1")).toMatchObject({ state: "quarantined", sites: ["1"], dataset: "DM" });
});

test("what is being received is nobody's but its uploader's, by any call", async () => {
  const { database } = await fixture();
  const uploads = uploadStore(database);
  const packets = packetStore(database);
  await begun(database, "pkt_1", [CHUNK]);
  expect(await uploads.get(ben(), "pkt_1")).toBeNull();
  expect(await uploads.unfinished(ben(), undefined)).toEqual([]);
  expect(await database.transaction((tx) => uploads.countUnfinished(tx, ben()))).toBe(0);
  await expect(uploads.append(ben(), part("pkt_1", 0, CHUNK))).rejects.toMatchObject({ code: "packet.state" });
  expect(await uploads.chunks(ben(), { packet: "pkt_1", file: 1, from: 0, limit: 9 })).toEqual([]);
  await expect(database.transaction((tx) => uploads.abandon(tx, ben(), "pkt_1"))).rejects.toMatchObject({ code: "packet.state" });
  for (const action of ["packet.read", "packet.release", "packet.reject"] as const) expect(await packets.get(grantOf("cyd", action, ONE, TWO), "pkt_1")).toBeNull();
  expect((await packets.list(grantOf("ada", "packet.read", ONE, TWO), { limit: 9 })).total).toBe(0);
  expect((await uploads.unfinished(ada(), "S")).map(({ id }) => id)).toEqual(["pkt_1"]);
  expect(await uploads.unfinished(ada(), "T")).toEqual([]);
});

/** What row security leaves of the tables, whatever a statement asks for. */
const tryAll: Readonly<Record<string, (tx: Tx) => Promise<unknown>>> = {
  "another's packet is not read": async (tx) => expect(await tx`SELECT 1 FROM ingress.packets`).toEqual([]),
  "another's files are not read": async (tx) => expect(await tx`SELECT 1 FROM ingress.upload_files`).toEqual([]),
  "another's chunks are not read": async (tx) => expect(await tx`SELECT 1 FROM ingress.packet_chunks`).toEqual([]),
  "another's offset is not moved": async (tx) => expect(await tx`UPDATE ingress.upload_files SET received = bytes RETURNING 1`).toEqual([]),
  "another's packet is not completed": async (tx) => expect(await tx`UPDATE ingress.packets SET state = 'quarantined' RETURNING 1`).toEqual([]),
};
for (const [what, work] of Object.entries(tryAll)) {
  faultTest("R4", `${what}, by row security alone`, async (defence) => {
    const { database, admin } = await fixture();
    await begun(database, "pkt_1", [3 * CHUNK]);
    await uploadStore(database).append(ada(), part("pkt_1", 0, CHUNK));
    if (defence === "off") for (const table of ["packets", "upload_files", "packet_chunks"]) await admin.unsafe(`ALTER TABLE ingress.${table} DISABLE ROW LEVEL SECURITY`);
    await withGrant(database, ben(), work);
  });
}

faultTest("R4", "another's packet is not appended to, by row security alone", async (defence) => {
  const { database, admin } = await fixture();
  await begun(database, "pkt_1", [3 * CHUNK]);
  if (defence === "off") await admin.unsafe("ALTER TABLE ingress.packet_chunks DISABLE ROW LEVEL SECURITY");
  const append = withGrant(database, ben(), (tx) => tx`INSERT INTO ingress.packet_chunks (packet, file, n, sealed) VALUES ('pkt_1', 1, 5, 'x')`);
  await expect(append).rejects.toMatchObject({ code: "policy.denied" });
});

test("a quarantined packet is appended to by nobody, its uploader neither, and what it holds is said once", async () => {
  const { database } = await fixture();
  await begun(database, "pkt_1", [9]);
  await uploadStore(database).append(ada(), part("pkt_1", 0, 9));
  await database.transaction((tx) => uploadStore(database).complete(tx, ada(), "pkt_1", READ));
  for (const statement of [
    (tx: Tx) => tx`INSERT INTO ingress.packet_chunks (packet, file, n, sealed) VALUES ('pkt_1', 1, 1, 'x')`,
    (tx: Tx) => tx`INSERT INTO ingress.packet_files (packet, n, dataset, format, row_count, bytes) VALUES ('pkt_1', 2, 'AE', 'f', 1, 1)`,
    (tx: Tx) => tx`INSERT INTO ingress.upload_files (packet, n, bytes) VALUES ('pkt_1', 2, 1)`,
  ])
    await expect(withGrant(database, ada(), statement)).rejects.toMatchObject({ code: "policy.denied" });
  const releaser = grantOf("cyd", "packet.release", ONE);
  await expect(
    withGrant(database, releaser, (tx) => tx`UPDATE ingress.packets SET state = 'released', dataset = 'AE', decided_by = 'cyd', decided_at_ms = 1`),
  ).rejects.toMatchObject({
    code: "policy.denied",
  });
  await expect(withGrant(database, releaser, (tx) => tx`UPDATE ingress.packets SET state = 'receiving'`)).rejects.toMatchObject({ code: "policy.denied" });
});

test("an upload isn't completed for a site outside the grant, nor begun for one", async () => {
  const { database } = await fixture();
  const uploads = uploadStore(database);
  await begun(database, "pkt_1", [9]);
  const narrow = grantOf("ada", "packet.upload", TWO);
  await expect(database.transaction((tx) => uploads.complete(tx, narrow, "pkt_1", READ))).rejects.toMatchObject({ code: "policy.denied" });
  await expect(
    withGrant(database, narrow, (tx) => tx`UPDATE ingress.packets SET state = 'quarantined', site_keys = '{S/1}', dataset = 'DM' WHERE id = 'pkt_1'`),
  ).rejects.toMatchObject({ code: "policy.denied" });
  expect((await uploads.get(narrow, "pkt_1"))?.state).toBe("receiving");
});

test("what was begun more than a day ago is given up, one at a time, and its chunks alone are removed", async () => {
  const { database } = await fixture();
  const uploads = uploadStore(database);
  const sweep = uploadSweep(database);
  const day = 86_400_000;
  await begun(database, "pkt_old", [4 * CHUNK], Date.now() - day - 60_000);
  await begun(database, "pkt_older", [4 * CHUNK], Date.now() - 2 * day);
  await begun(database, "pkt_young", [4 * CHUNK], Date.now() - day + 60_000);
  for (const id of ["pkt_old", "pkt_older", "pkt_young"]) await uploads.append(ada(), part(id, 0, 3 * CHUNK));
  const due = () => database.transaction((tx) => sweep.abandonDue(tx));
  expect([await due(), await due(), await due()]).toEqual([{ id: "pkt_older", ingestedBy: "ada" }, { id: "pkt_old", ingestedBy: "ada" }, null]);
  expect([await sweep.dropAbandoned(4), await sweep.dropAbandoned(4), await sweep.dropAbandoned(4)]).toEqual([4, 2, 0]);
  expect((await uploads.chunks(ada(), { packet: "pkt_young", file: 1, from: 0, limit: 9 })).length).toBe(3);
  await expect(uploads.append(ada(), part("pkt_old", 3 * CHUNK, CHUNK))).rejects.toMatchObject({ code: "packet.state" });
  expect((await uploads.get(ada(), "pkt_old"))?.state).toBe("abandoned");
  const seen = await packetStore(database).list(grantOf("cyd", "packet.read", ONE, TWO), { state: "abandoned", limit: 9 });
  expect(seen.items.map(({ id, dataset, files }) => [id, dataset, files])).toEqual([
    ["pkt_old", "-", []],
    ["pkt_older", "-", []],
  ]);
  expect((await packetStore(database).list(grantOf("cyd", "packet.read", ONE), { limit: 9 })).total).toBe(0);
});

test("the api may remove no chunk and give up nothing of its own accord", async () => {
  const { database } = await fixture();
  await begun(database, "pkt_1", [CHUNK]);
  for (const statement of [
    (tx: Tx) => tx`DELETE FROM ingress.packet_chunks`,
    (tx: Tx) => tx`DELETE FROM ingress.upload_files`,
    (tx: Tx) => tx`UPDATE ingress.upload_files SET bytes = 1`,
    (tx: Tx) => tx`UPDATE ingress.packets SET began_at_ms = 0`,
  ])
    await expect(withGrant(database, ada(), statement)).rejects.toMatchObject({ code: "policy.denied" });
});
