import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

/** What names a subject of the dataset. The number alone may stand by chance in an id or a digest. */
const IDENTIFIES = /PILOT-70|(?<![0-9a-z])1015(?![0-9a-z])/;

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const REASON = "checked against the source";
const upload = async (content: string): Promise<string> => (dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content })) as { packetId: string }).packetId;
const release = async (packetId: string): Promise<{ subjects: object; equal: boolean; evidence: { chain: string }[] }> =>
  dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON })) as never;
interface Page {
  readonly items: { readonly subjectId: string; readonly label: string; readonly usubjid: string }[];
  readonly total: number;
  readonly bySite: object[];
}
const list = async (): Promise<Page> => dataOf(await api.call("reviewer", "subjects.list", { study: STUDY })) as Page;

test("a dataset goes in by one, comes out of quarantine by another, and stands masked until one field is revealed", async () => {
  const packetId = await upload(demographics(PEOPLE));
  expect(codeOf(await api.call("ingest", "packets.release", { packetId, reason: REASON }))).toBe("policy.denied");
  expect(codeOf(await api.call("ingest", "packets.get", { packetId }))).toBe("policy.denied");

  const released = await release(packetId);
  expect(released).toMatchObject({ subjects: { created: 5, updated: 0, unchanged: 0 }, equal: false });
  expect(released.evidence.map(({ chain }) => chain).toSorted()).toEqual([`site:${STUDY}/701`, `site:${STUDY}/704`, "system"]);

  const page = await list();
  expect(page).toMatchObject({
    total: 5,
    bySite: [
      { study: STUDY, site: "701", count: 3 },
      { study: STUDY, site: "704", count: 2 },
    ],
  });
  expect(JSON.stringify(page)).not.toMatch(IDENTIFIES);

  const [first] = page.items;
  const subjectId = first?.subjectId ?? "";
  const subject = dataOf(await api.call("reviewer", "subjects.get", { subjectId })) as { fields: { state: string; field: string }[] };
  expect(subject.fields.find(({ field }) => field === "DM.SUBJID")?.state).toBe("masked");
  expect(subject.fields.some(({ field }) => field === "DM.ARM")).toBe(false);

  const revealed = dataOf(await api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.SUBJID", purpose: "monitoring", reason: "source data verification" })) as {
    value: string;
    recorded: { chain: string; seq: number };
  };
  expect(PEOPLE.map((person) => person.subject)).toContain(revealed.value);
  const record = (await at.records(revealed.recorded.chain)).find(({ seq }) => Number(seq) === revealed.recorded.seq);
  expect(record).toMatchObject({ action: "phi.read", principal: "svc_reviewer", decision: "allow" });
  expect(record?.["resource"]).toMatch(/^ref:/);
  expect(record?.["detail"]).toMatch(/purpose=monitoring;commitment=[0-9a-f]{64}$/);
});

test("every crossing is in the chain where it belongs, and no reason or value is in any", async () => {
  const [of701, of704, system] = await Promise.all([at.records(`site:${STUDY}/701`), at.records(`site:${STUDY}/704`), at.records("system")]);
  for (const chain of [of701, of704, system]) {
    expect(chain.map(({ action }) => action)).toEqual(expect.arrayContaining(["packet.upload", "packet.release"]));
    expect(JSON.stringify(chain)).not.toMatch(new RegExp(`checked against|source data|${IDENTIFIES.source}`));
  }
  expect(system.filter(({ decision }) => decision === "deny").map(({ action }) => action)).toEqual(["packet.release", "packet.read"]);
  expect(system.map(({ action }) => action)).toContain("subject.list");
  const [changes] = await at.owner.run<{ text: string }>`SELECT coalesce(string_agg(sealed, ' '), '') AS text FROM audit.changes`;
  expect(changes?.text).toMatch(/^sp1\.change-1\./);
});

test("the same file again is equal and changes nobody; a changed one is a new version, and the old one stays", async () => {
  const before = await list();
  expect(await release(await upload(demographics(PEOPLE)))).toMatchObject({ equal: true, subjects: { created: 0, updated: 0, unchanged: 5 } });
  expect(await list()).toEqual(before);

  const older = PEOPLE.map((person) => (person.subject === "1015" ? { ...person, age: 64 } : person));
  expect(await release(await upload(demographics(older)))).toMatchObject({ equal: false, subjects: { created: 0, updated: 1, unchanged: 4 } });
  expect(await list()).toEqual(before);
  const versions = await at.owner.run<{ version: number; n: string }>`SELECT version, count(*) AS n FROM phi.records GROUP BY version ORDER BY version`;
  expect(versions.map(({ version, n }) => [version, Number(n)])).toEqual([
    [1, 5],
    [2, 1],
  ]);
});

test("the trail verifies deeply after all of it", async () => {
  expect(dataOf(await api.call("auditor", "trail.verify", {}))).toMatchObject({ whole: true });
});
