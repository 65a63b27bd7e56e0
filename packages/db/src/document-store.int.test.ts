import { type DocumentType } from "@sallyport/phi";
import { type Action, Grant, type ResourceType, type SiteRef } from "@sallyport/policy";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { documentStore } from "./document-store.ts";
import { withGrant } from "./site-context.ts";
import { studyStore } from "./study-store.ts";
import { migratedDatabase } from "./testing.ts";
import { uploadStore } from "./upload-store.ts";

const ONE: SiteRef = { study: "S", site: "1" };
const TWO: SiteRef = { study: "S", site: "2" };
const STUDY = { id: "S", title: "Study", profile: "sdtm", sites: ["1", "2"].map((id) => ({ id, name: id, country: "DE" })) };

let database: Database;
let admin: postgres.Sql;
let drop: () => Promise<unknown>;
beforeAll(async () => {
  const made = await migratedDatabase();
  ({ drop } = made);
  admin = postgres(made.ownerUrl, { max: 1, onnotice: () => undefined });
  database = connectDatabase({ url: made.apiUrl, max: 4, applicationName: "test" });
  await database.transaction((tx) => studyStore(database).register(tx, STUDY));
});
afterAll(async () => {
  await database?.close();
  await admin?.end();
  await drop?.();
});

const grantOf = (action: Action, resource: ResourceType, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    { principal: "ada", person: "per_ada", workload: "test", action, resource, requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );
const releasing = (...sites: readonly SiteRef[]): Grant => grantOf("packet.release", "packet", ...sites);

let packets = 0;
const digest = (n: number): string => n.toString(16).padStart(64, "0");
const documentId = (n: number): string => `doc_${String(n).padStart(26, "0")}`;

interface Made {
  readonly id: number;
  readonly version?: number;
  readonly site?: string | null;
  readonly type?: DocumentType;
  readonly bytes?: number;
}

/** Puts a packet of one document into quarantine, and releases it under a grant. */
async function release({ id, version = 1, site = "1", type = "irb_correspondence", bytes = id * 100 + version }: Made, grant = releasing(ONE, TWO)): Promise<unknown> {
  const packet = `pkt_${(packets += 1)}`;
  const uploader = grantOf("packet.upload", "packet", ONE, TWO);
  const received = { type, site, replaces: null, mediaType: "application/pdf" as const, sha256: digest(bytes) };
  await database.transaction(async (tx) => {
    const uploads = uploadStore(database);
    const declared = { n: 1, bytes: 9, sealedName: Buffer.from("sealed"), document: received };
    await uploads.begin(tx, uploader, { id: packet, study: "S", sites: [ONE, TWO], profile: "p/1", beganAtMs: 1, wrapped: "w", files: [declared] });
    const file = { n: 1, dataset: type, format: "application/pdf", rows: 0, bytes: 9, document: received };
    await uploads.complete(tx, uploader, packet, { sites: [ONE, TWO], dataset: type, format: "application/pdf", rows: 0, receivedAtMs: 1, files: [file] });
  });
  return database
    .transaction((tx) =>
      documentStore(database).insert(tx, grant, {
        id: documentId(id),
        version,
        study: "S",
        site,
        type,
        mediaType: "application/pdf",
        sha256: digest(bytes),
        bytes: 9,
        packet,
        file: 1,
      }),
    )
    .then(
      () => "released",
      (error: { code?: string }) => error.code ?? error,
    );
}

test("a document is seen by a reader of its type at its site alone, and one of the whole study by who reaches all of it", async () => {
  expect([await release({ id: 1 }), await release({ id: 2, site: "2" }), await release({ id: 3, site: null }), await release({ id: 4, type: "ectd_sequence" })]).toEqual(
    Array.from({ length: 4 }, () => "released"),
  );
  const seen = async (grant: Grant) => (await documentStore(database).list(grant, { limit: 10 })).items.map(({ id }) => Number(id.slice(-2))).toSorted((a, b) => a - b);
  expect(await seen(grantOf("document.read", "irb_correspondence", ONE))).toEqual([1]);
  expect(await seen(grantOf("document.read", "irb_correspondence", ONE, TWO))).toEqual([1, 2, 3]);
  expect(await seen(grantOf("document.read", "ectd_sequence", ONE, TWO))).toEqual([4]);
  expect(await seen(grantOf("document.read", "investigator_credential", ONE, TWO))).toEqual([]);
  // What a statement doesn't ask for, row security leaves out.
  const rows = (grant: Grant) => withGrant(database, grant, async (tx) => (await tx<{ n: number }>`SELECT count(*)::integer AS n FROM phi.documents`)[0]?.n);
  expect(
    await Promise.all([grantOf("document.read", "ectd_sequence", ONE), grantOf("document.read", "packet", ONE, TWO), grantOf("packet.read", "packet", ONE, TWO)].map(rows)),
  ).toEqual([1, 0, 0]);
  await expect(documentStore(database).list(releasing(ONE), { limit: 1 })).rejects.toMatchObject({ code: "policy.denied" });
});

test("the bytes of a version are opened by a reader of its type where it belongs alone, though its packet is for more sites", async () => {
  expect(await release({ id: 5 })).toBe("released");
  const packet = `pkt_${packets}`;
  await admin`INSERT INTO ingress.packet_chunks (packet, file, n, sealed) VALUES (${packet}, 1, 0, 'sealed'::bytea)`;
  const store = documentStore(database);
  const opened = (grant: Grant) =>
    withGrant(database, grant, async (tx) => {
      const chunks = await store.chunks(tx, grant, packet, { file: 1, from: 0, limit: 2 });
      return [await store.content(tx, grant, documentId(5), 1), chunks.map(String), (await store.versions(tx, grant, documentId(5))).length];
    });
  expect(await opened(grantOf("document.read", "irb_correspondence", ONE))).toEqual([{ packet, file: 1, files: 1, wrapped: "w" }, ["sealed"], 1]);
  for (const grant of [grantOf("document.read", "irb_correspondence", TWO), grantOf("document.read", "ectd_sequence", ONE, TWO)])
    expect(await opened(grant)).toEqual([null, [], 0]);
  const signer = grantOf("submission.sign", "irb_correspondence", ONE);
  await expect(opened(signer)).rejects.toMatchObject({ code: "policy.denied" });
  const chunks = await withGrant(database, signer, (tx) => tx`SELECT 1 FROM ingress.packet_chunks`);
  expect(chunks.length).toBe(0);
});

test("a version follows the one before it, at its place and of its type, with other bytes", async () => {
  expect(await release({ id: 10 })).toBe("released");
  expect(await release({ id: 10, version: 2 })).toBe("released");
  for (const wrong of [{ version: 4 }, { version: 3, bytes: 1002 }, { version: 3, site: "2" }, { version: 3, site: null }, { version: 3, type: "ectd_sequence" as const }])
    expect([wrong, await release({ id: 10, ...wrong })]).not.toEqual([wrong, "released"]);
  // A second release of the same version at the same moment is told to come again, and so is one of the same bytes as a new document.
  expect([await release({ id: 10, version: 2, bytes: 77 }), await release({ id: 11, bytes: 1001 })]).toEqual(["service.busy", "service.busy"]);
  expect(await release({ id: 10, version: 3, bytes: 1001 })).toBe("released");
  expect(await documentStore(database).placeOf(documentId(10))).toEqual({ study: "S", site: "1", type: "irb_correspondence" });
  expect(await documentStore(database).placeOf(documentId(99))).toBeNull();
});

test("a release writes no document outside of its sites, and nobody changes or removes one", async () => {
  for (const site of ["2", null]) expect([site, await release({ id: 20, site }, releasing(ONE))]).not.toEqual([site, "released"]);
  await expect(release({ id: 21 }, grantOf("packet.inspect", "packet", ONE))).resolves.toBe("policy.denied");
  for (const change of ["UPDATE phi.documents SET sha256 = repeat('0', 64)", "DELETE FROM phi.documents", "TRUNCATE phi.documents CASCADE"])
    await expect(admin.unsafe(change)).rejects.toMatchObject({ code: "42501" });
});
