import { pdfOf, type ZipPart, zipOf } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, type Who } from "./stack.ts";
import { sha256, UploadSteps } from "./upload-steps.ts";

let at: Deployment;
let api: Api;
let persons: Persons;
let rita: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  persons = await Persons.of(at);
  rita = await persons.add("rita", "regulatory_coordinator", { study: STUDY, site: "*" });
  await persons.known(api);
}, 60_000);
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const REASON = "checked against the source";
interface Declared {
  readonly type: string;
  readonly site: string | null;
  readonly replaces?: string;
}
interface Sent {
  readonly bytes: Buffer;
  readonly document?: Declared;
}
interface Listed {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly total: number;
  readonly next: string | null;
}

let letters = 0;
const letter = (text = `letter ${(letters += 1)}`): Buffer => pdfOf([`(${text})`]);
const at701 = (type: string): Declared => ({ type, site: "701" });

async function sent(files: readonly Sent[], who: Who = "ingest"): Promise<string> {
  const named = files.map(({ bytes, document }, n) => ({ name: `Jane Roe ${n}.pdf`, bytes: bytes.length, ...(document !== undefined && { document }) }));
  const { packetId } = dataOf(await api.call(who, "packets.begin", { study: STUDY, files: named })) as { packetId: string };
  const steps = new UploadSteps(at, api, who);
  for (const [n, { bytes }] of files.entries()) await steps.send(packetId, n + 1, bytes);
  return packetId;
}
const complete = (packetId: string, files: readonly Sent[], who: Who = "ingest") =>
  api.call(who, "packets.complete", { packetId, files: files.map(({ bytes }, n) => ({ n: n + 1, sha256: sha256(bytes) })) });
async function quarantined(files: readonly Sent[], who: Who = "ingest"): Promise<string> {
  const packetId = await sent(files, who);
  dataOf(await complete(packetId, files, who));
  return packetId;
}
const refusal = async (files: readonly Sent[]): Promise<readonly string[]> => {
  const packetId = await sent(files);
  const reply = await complete(packetId, files);
  expect(codeOf(reply)).toBe("packet.invalid");
  dataOf(await api.call("ingest", "packets.abandon", { packetId }));
  return (JSON.parse(reply.text) as { where: readonly string[] }).where;
};
const release = async (packetId: string) => dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));
const inspect = async (packetId: string) =>
  dataOf(await api.call("steward", "packets.inspect", { packetId })) as { documents: readonly Readonly<Record<string, unknown>>[]; release: Readonly<Record<string, unknown>> };
const list = async (of: string, input: object = {}): Promise<Listed> => dataOf(await rita.call(api, `documents.${of}`, input)) as Listed;
const NONE = { created: 0, updated: 0, unchanged: 0 };

test("a document goes through quarantine and inspection into its own list, without its name or a word of it", async () => {
  const bytes = pdfOf(["<< /S /JavaScript /JS (1) >>", "(Jane Roe)"]);
  const packetId = await quarantined([{ bytes, document: at701("irb_correspondence") }]);
  const received = { type: "irb_correspondence", site: "701", replaces: null, mediaType: "application/pdf", sha256: sha256(bytes) };
  expect(dataOf(await api.call("steward", "packets.get", { packetId }))).toMatchObject({
    state: "quarantined",
    sites: ["701"],
    dataset: "irb_correspondence",
    rows: 0,
    files: [{ n: 1, dataset: "irb_correspondence", format: "application/pdf", rows: 0, bytes: bytes.length, document: received }],
  });
  const { documents, release: would } = await inspect(packetId);
  expect(documents).toEqual([
    {
      n: 1,
      bytes: bytes.length,
      ...received,
      facts: { pdfVersion: "1.7", xmlRoot: null, entries: null, inflatedBytes: null },
      checks: [
        { check: "structure", outcome: "holds", where: [] },
        { check: "place", outcome: "holds", where: [] },
        { check: "active", outcome: "noted", where: ["/JavaScript: once"] },
      ],
      would: { outcome: "created", documentId: null, version: 1 },
    },
  ]);
  expect(would).toMatchObject({ documents: { ...NONE, created: 1 }, equal: false, refused: false });
  expect((await list("correspondence")).total).toBe(0);

  expect(await release(packetId)).toMatchObject({ documents: { ...NONE, created: 1 }, subjects: NONE, equal: false });
  const { items, total } = await list("correspondence");
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({
    type: "irb_correspondence",
    study: STUDY,
    site: "701",
    version: 1,
    sha256: sha256(bytes),
    packetId,
    releasedBy: "svc_steward",
    name: { state: "masked" },
  });
  expect(JSON.stringify([items, documents])).not.toContain("Roe");
  expect(dataOf(await api.call("steward", "packets.get", { packetId }))).toMatchObject({ state: "released", documents: { ...NONE, created: 1 } });
});

test("datasets and documents of one packet are released together or not at all", async () => {
  const dm: Sent = { bytes: Buffer.from(demographics([{ site: "701", subject: "9001" }])) };
  const files: readonly Sent[] = [
    { bytes: letter(), document: at701("investigator_credential") },
    dm,
    { bytes: Buffer.from("<ectd/>"), document: { type: "ectd_sequence", site: "704" } },
  ];
  const packetId = await quarantined(files);
  expect(await inspect(packetId)).toMatchObject({ documents: [{ n: 1 }, { n: 3, facts: { xmlRoot: "ectd" } }], release: { subjects: { created: 1 }, documents: { created: 2 } } });
  const before = await list("credentials");
  // Whoever may release at one of its sites alone releases nothing of it.
  expect(codeOf(await api.call("steward701", "packets.release", { packetId, reason: REASON }))).toBe("policy.denied");
  expect(await list("credentials")).toEqual(before);
  expect(await release(packetId)).toMatchObject({ subjects: { created: 1 }, documents: { ...NONE, created: 2 } });
  const details = await Promise.all(
    ["701", "704"].map(async (site) =>
      (await at.records(`site:${STUDY}/${site}`)).filter(({ action, resource }) => action === "packet.release" && resource === packetId).map(({ detail }) => detail),
    ),
  );
  expect(details).toEqual([
    [expect.stringMatching(/;records=1;commitment=[0-9a-f]{64};documents=1;subjects=1$/)],
    [expect.stringMatching(/;records=0;commitment=[0-9a-f]{64};documents=1;subjects=0$/)],
  ]);
  const bad = [dm, { bytes: Buffer.from("no document"), document: at701("irb_correspondence") }];
  expect(await refusal(bad)).toEqual(["file 2, the file: neither a PDF, nor XML in UTF-8, nor a zip archive, which are what is taken as a document"]);
});

test("the same bytes at the same place change nothing, a file that replaces a document is its next version, and old ones stay", async () => {
  const [first, second] = [letter(), letter()];
  const place = at701("ectd_sequence");
  await release(await quarantined([{ bytes: first, document: place }]));
  const [made] = (await list("sequences", { site: "701" })).items;
  const replaces = String(made?.["documentId"]);

  const again = await quarantined([{ bytes: first, document: place }]);
  expect((await inspect(again)).release).toMatchObject({ documents: { ...NONE, unchanged: 1 }, equal: true });
  expect(await release(again)).toMatchObject({ documents: { ...NONE, unchanged: 1 }, equal: true });
  // Elsewhere, or of another type, they are another document.
  expect((await inspect(await quarantined([{ bytes: first, document: { ...place, site: "704" } }]))).release).toMatchObject({ documents: { created: 1 } });
  expect((await inspect(await quarantined([{ bytes: first, document: at701("irb_correspondence") }]))).release).toMatchObject({ documents: { created: 1 } });

  const next = await quarantined([{ bytes: second, document: { ...place, replaces } }]);
  expect((await inspect(next)).documents).toMatchObject([{ replaces, would: { outcome: "updated", documentId: replaces, version: 2 } }]);
  expect(await release(next)).toMatchObject({ documents: { ...NONE, updated: 1 } });
  expect((await list("sequences", { site: "701" })).items.find(({ documentId }) => documentId === replaces)).toMatchObject({ version: 2, sha256: sha256(second) });
  expect(await release(await quarantined([{ bytes: second, document: { ...place, replaces } }]))).toMatchObject({ documents: { ...NONE, unchanged: 1 }, equal: true });
  const rows = await at.owner.run<{ version: number }>`SELECT version FROM phi.documents WHERE id = ${replaces} ORDER BY version`;
  expect(rows.map(({ version }) => version)).toEqual([1, 2]);
});

test("what replaces nothing that is there and what replaces something elsewhere are refused alike", async () => {
  await release(await quarantined([{ bytes: letter(), document: { type: "irb_correspondence", site: "704" } }]));
  const [there] = (await list("correspondence", { site: "704" })).items;
  const of = (replaces: string, more: Partial<Declared> = {}): Sent => ({ bytes: letter(), document: { ...at701("irb_correspondence"), replaces, ...more } });
  const documentId = String(there?.["documentId"]);
  const absent = `doc_${"0".repeat(26)}`;
  const [elsewhere, nowhere, otherType] = [await refusal([of(documentId)]), await refusal([of(absent)]), await refusal([of(documentId, { type: "ectd_sequence", site: "704" })])];
  expect([elsewhere, nowhere, otherType]).toEqual(Array.from({ length: 3 }, () => ["file 1: replaces no document of its type that belongs where it does"]));
  expect(await refusal([of(documentId, { site: "704" }), of(documentId, { site: "704" })])).toEqual(["file 2: replaces what an earlier file replaces"]);
});

test("a document of the whole study needs the right at every site, to bring it, to release it and to see it", async () => {
  const whole: Sent = { bytes: letter(), document: { type: "irb_correspondence", site: null } };
  const begin = (who: Who, document: Declared) => api.call(who, "packets.begin", { study: STUDY, files: [{ name: "a.pdf", bytes: 9, document }] });
  for (const document of [whole.document, { type: "irb_correspondence", site: "704" }, { type: "irb_correspondence", site: "799" }])
    expect(codeOf(await begin("ingest701", document as Declared))).toBe("policy.denied");
  const packetId = await quarantined([whole]);
  expect(codeOf(await api.call("steward701", "packets.inspect", { packetId }))).toBe("policy.denied");
  expect(await release(packetId)).toMatchObject({ documents: { created: 1 } });
  const seen = async (who: Who) => (dataOf(await api.call(who, "documents.correspondence", {})) as Listed).items.map(({ site }) => site);
  expect(await seen("regulatory")).toContain(null);
  expect(new Set(await seen("regulatory701"))).toEqual(new Set(["701"]));
});

test("who may read one type sees nothing of another, and who brings or releases them lists none", async () => {
  expect((await list("credentials")).total).toBeGreaterThan(0);
  expect(codeOf(await api.call("regulatory", "documents.credentials", {}))).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer", "documents.correspondence", {}))).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer", "documents.sequences", {}))).toBe("ok");
  for (const who of ["ingest", "steward", "auditor", "admin"] as const) expect([who, codeOf(await api.call(who, "documents.sequences", {}))]).toEqual([who, "policy.denied"]);
});

test("a list is paged, newest first, and every document is on one page", async () => {
  const found: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page: Listed = await list("correspondence", { limit: 1, ...(cursor !== null && { cursor }) });
    found.push(...page.items.map(({ documentId }) => documentId));
    cursor = page.next;
  } while (cursor !== null);
  const { items, total } = await list("correspondence");
  expect(found).toEqual(items.map(({ documentId }) => documentId));
  expect([new Set(found).size, items.length]).toEqual([total, total]);
});

test("an archive's faults are told by its entries' numbers, and its bombs and traversals never reach quarantine", async () => {
  const bad: readonly [ZipPart, string][] = [
    [{ name: "../../Jane-Roe.pdf" }, "entry 2: a name that leads out of its folder"],
    [{ name: "link", content: "/etc/passwd", attributes: 0o120777 * 0x1_0000 }, "entry 2: a link or a device"],
    [{ name: "zeros", content: Buffer.alloc(4 * 1024 * 1024) }, "the entries: more than 250 times as large as the file"],
  ];
  for (const [part, fault] of bad) expect(await refusal([{ bytes: zipOf([{ name: "a" }, part]), document: at701("ectd_sequence") }])).toEqual([`file 1, ${fault}`]);
  const nested = zipOf([{ name: "0.zip", content: zipOf([{ name: "1.zip" }]) }]);
  const packetId = await quarantined([{ bytes: nested, document: at701("ectd_sequence") }]);
  expect((await inspect(packetId)).documents).toMatchObject([
    { facts: { entries: 1 }, checks: [{}, {}, { check: "active", outcome: "holds" }, { check: "nested", outcome: "noted", where: ["entry 1: an archive, not opened"] }] },
  ]);
});

test("a document whose bytes or digest were changed in the database is released by nobody", async () => {
  const packetId = await quarantined([{ bytes: letter(), document: at701("ectd_sequence") }]);
  await at.owner.run`UPDATE ingress.packet_files SET sha256 = ${"0".repeat(64)} WHERE packet = ${packetId}`;
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("phi.integrity");
  const other = await quarantined([{ bytes: letter(), document: at701("ectd_sequence") }]);
  await at.owner.run`UPDATE ingress.packet_chunks SET sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1) WHERE packet = ${other}`;
  expect(codeOf(await api.call("steward", "packets.release", { packetId: other, reason: REASON }))).toBe("phi.integrity");
});

test("a site that the study has got since keeps a document of the whole study from being released, until it is closed", async () => {
  const packetId = await quarantined([{ bytes: letter(), document: { type: "ectd_sequence", site: null } }]);
  await at.owner.run`INSERT INTO regulatory.sites (study, id, name, country) VALUES (${STUDY}, '799', 'New', 'DE')`;
  expect(await inspect(packetId)).toMatchObject({ documents: [{ checks: [{}, { check: "place", outcome: "fails" }, {}], would: null }], release: { refused: true } });
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("packet.conflict");
  // Closed again, it takes nothing new in, and doesn't keep the others from theirs.
  await at.owner.run`UPDATE regulatory.sites SET closed_at_ms = 1 WHERE id = '799'`;
  // What begins an upload and what takes its parts decide by the same sites.
  await api.process.policy.refresh();
  expect(dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toMatchObject({ documents: { created: 1 } });
  expect((await list("sequences")).items[0]).toMatchObject({ packetId, site: null });
  expect(await release(await quarantined([{ bytes: letter(), document: { type: "ectd_sequence", site: null } }]))).toMatchObject({ documents: { created: 1 } });
});
