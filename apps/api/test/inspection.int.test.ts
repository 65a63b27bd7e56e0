import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, type Who } from "./stack.ts";

let at: Deployment;
let api: Api;
let persons: Persons;
let cora: SignedIn;
let both: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  persons = await Persons.of(at);
  cora = await persons.add("cora", "site_coordinator", { study: STUDY, site: "701" });
  // Another account of the coordinator's, that may release.
  both = await persons.add("cora2", "data_steward", { study: STUDY, as: cora });
  await persons.known(api);
}, 60_000);
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const REASON = "checked against the source";
interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}
interface Inspection {
  readonly files: readonly {
    readonly n: number;
    readonly identity: readonly string[];
    readonly checks: readonly { readonly check: string; readonly passed: boolean; readonly where: readonly string[] }[];
    readonly variables: readonly { readonly name: string; readonly classification: string; readonly known: boolean; readonly hipaa: number | null }[];
    readonly preview: {
      readonly columns: readonly string[];
      readonly rows: readonly { readonly row: number; readonly cells: readonly { readonly state: string; readonly value?: unknown }[] }[];
    };
  }[];
  readonly release: {
    readonly subjects: Counts;
    readonly records: Counts & { readonly absent: number };
    readonly sites: readonly { readonly site: string; readonly records: Counts & { readonly absent: number } }[];
    readonly equal: boolean;
    readonly differences: readonly {
      readonly row: number;
      readonly label: string;
      readonly site: string;
      readonly record: string;
      readonly version: number;
      readonly changed: readonly string[];
    }[];
    readonly conflicts: readonly object[];
    readonly withdrawn: readonly object[];
    readonly refused: boolean;
  };
}
const upload = async (content: string): Promise<string> => (dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content })) as { packetId: string }).packetId;
const inspect = async (packetId: string, who: Who = "steward"): Promise<Inspection> => dataOf(await api.call(who, "packets.inspect", { packetId })) as Inspection;
const release = async (packetId: string): Promise<Inspection["release"]> =>
  dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON })) as Inspection["release"];
const aged = (subject: string, age: number): string => demographics(PEOPLE.map((person) => (person.subject === subject ? { ...person, age } : person)));

test("a packet is shown with its checks, its variables' classes and its first rows, masked, and without what would unblind", async () => {
  const many = Array.from({ length: 30 }, (_, n) => ({ site: "701", subject: String(6000 + n), age: 91 }));
  const { files, release: effect } = await inspect(await upload(demographics(many)));
  const [file] = files;
  expect(file?.checks.map(({ check, passed, where }) => [check, passed, where.length])).toEqual(
    ["structure", "study", "sites", "subjects", "identity"].map((check) => [check, true, 0]),
  );
  expect(file?.variables.find(({ name }) => name === "AGE")).toEqual({ name: "AGE", type: "integer", classification: "phi", hipaa: 3, known: true });
  expect(file?.variables.find(({ name }) => name === "ARM")?.classification).toBe("treatment");
  expect(file?.preview.rows.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(file?.preview.columns).not.toContain("ARM");
  const first = Object.fromEntries((file?.preview.columns ?? []).map((name, n) => [name, file?.preview.rows[0]?.cells[n]]));
  expect([first["SITEID"], first["DOMAIN"]]).toEqual([
    { state: "readable", value: "701" },
    { state: "readable", value: "DM" },
  ]);
  for (const name of ["USUBJID", "SUBJID", "AGE", "SEX", "RFSTDTC"]) expect([name, first[name]?.state]).toEqual([name, "masked"]);
  expect(effect).toMatchObject({
    subjects: { created: 30, updated: 0, unchanged: 0 },
    records: { created: 30, updated: 0, unchanged: 0, absent: 3 },
    equal: false,
    refused: false,
  });
  expect(JSON.stringify(files)).not.toMatch(/PILOT-701|Placebo|91/);
});

test("what it would do is what it does, and differing records are told by the names of their variables", async () => {
  const corrected = demographics([...PEOPLE.slice(1).map((person) => (person.subject === "1023" ? { ...person, age: 66 } : person)), { site: "704", subject: "7001" }]);
  const packetId = await upload(corrected);
  const { release: would } = await inspect(packetId);
  expect(would).toMatchObject({
    subjects: { created: 1, updated: 1, unchanged: 3 },
    records: { created: 1, updated: 1, unchanged: 3, absent: 1 },
    sites: [
      { site: "701", records: { created: 0, updated: 1, unchanged: 1, absent: 1 } },
      { site: "704", records: { created: 1, updated: 0, unchanged: 2, absent: 0 } },
    ],
    equal: false,
    refused: false,
  });
  expect(would.differences).toEqual([expect.objectContaining({ row: 1, label: expect.stringMatching(/^\w+-\w+-\d$/), site: "701", record: "1", version: 2, changed: ["AGE"] })]);
  const before = await at.owner.run`SELECT count(*) FROM phi.records`;
  expect(await inspect(packetId)).toMatchObject({ release: would });
  expect(await at.owner.run`SELECT count(*) FROM phi.records`).toEqual(before);
  const did = await release(packetId);
  expect([did.subjects, did.records, did.equal]).toEqual([would.subjects, would.records, would.equal]);
  expect(codeOf(await api.call("steward", "packets.inspect", { packetId }))).toBe("packet.state");
});

test("an inspection is a crossing of its own on record, with counts and without a value", async () => {
  const packetId = await upload(aged("1028", 72));
  await inspect(packetId);
  const record = (await at.records("system")).findLast(({ action }) => action === "packet.inspect");
  expect(record).toMatchObject({ resource: packetId, decision: "allow", principal: "svc_steward" });
  expect(record?.["detail"]).toMatch(/;created=0;updated=\d;unchanged=\d;differences=\d;refused=no$/);
});

test("who brought a packet in never inspects it, by whichever account, and who may not release sees nothing", async () => {
  const { packetId } = dataOf(await cora.call(api, "packets.upload", { study: STUDY, content: demographics([{ site: "701", subject: "8001" }]) })) as { packetId: string };
  expect(codeOf(await cora.call(api, "packets.inspect", { packetId }))).toBe("policy.denied");
  expect(codeOf(await both.call(api, "packets.inspect", { packetId }))).toBe("policy.separation");
  for (const who of ["ingest", "reviewer", "auditor", "admin"] as const)
    expect([who, codeOf(await api.call(who, "packets.inspect", { packetId }))]).toEqual([who, "policy.denied"]);
  expect((await inspect(packetId, "steward701")).release.records.created).toBe(1);
});

test("a subject of another site is a conflict, and the site is named to those alone who may know of it", async () => {
  const packetId = await upload(demographics([{ site: "701", subject: "1009", enrolledAt: "704" }]));
  const [everywhere, at701] = [await inspect(packetId), await inspect(packetId, "steward701")];
  expect(everywhere.release).toMatchObject({ refused: true, conflicts: [{ n: 1, row: 1, site: { study: STUDY, site: "704" } }] });
  expect(at701.release).toMatchObject({ refused: true, conflicts: [{ n: 1, row: 1, site: null }] });
  expect(JSON.stringify(at701.release)).not.toContain("704");
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("packet.conflict");
});

test("rows that bring something new of a withdrawn subject are told before a release refuses them", async () => {
  const { items } = dataOf(await api.call("reviewer", "subjects.list", { site: "704" })) as { items: { subjectId: string }[] };
  for (const { subjectId } of items) dataOf(await api.call("regulatory", "subjects.withdraw", { subjectId, from: "2024-06-01", reason: "as the site's letter says" }));
  const packetId = await upload(aged("1017", 78));
  const { release: effect } = await inspect(packetId);
  expect(effect.withdrawn).toEqual([{ n: 1, row: 5 }]);
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("packet.withdrawn");
});
