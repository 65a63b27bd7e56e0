import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { patients, type PatientOf } from "./patients.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment({ profile: "fhir-r4-patient" });
  api = await at.serve();
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const REASON = "checked against the source";
const PEOPLE: readonly PatientOf[] = [
  { site: "701", subject: "1001", family: "Zwartjes" },
  { site: "704", subject: "1002", family: "Quill" },
];
interface Field {
  readonly field: string;
  readonly state: string;
  readonly value?: unknown;
}
const upload = (content: string) => api.call("ingest", "packets.upload", { study: STUDY, content });
const packetOf = async (content: string): Promise<string> => (dataOf(await upload(content)) as { packetId: string }).packetId;
const release = async (packetId: string) => dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));
const subjects = async () =>
  (dataOf(await api.call("reviewer", "subjects.list", { study: STUDY })) as { items: readonly { subjectId: string; label: string; site: string }[] }).items;
const fieldsOf = async (subjectId: string): Promise<readonly Field[]> =>
  (dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain: "PATIENT" })) as { fields: readonly Field[] }).fields;
const whereOf = async (content: string): Promise<readonly string[]> => {
  const reply = await upload(content);
  expect(codeOf(reply)).toBe("packet.invalid");
  return (JSON.parse(reply.text) as { where: readonly string[] }).where;
};

test("patients are held, inspected masked, released by another, masked where they are read, and revealed one by one", async () => {
  const packetId = await packetOf(patients(PEOPLE));
  const { files, release: effect } = dataOf(await api.call("steward", "packets.inspect", { packetId })) as {
    files: readonly { dataset: string; format: string; variables: readonly { name: string; classification: string; known: boolean }[]; preview: object }[];
    release: { subjects: object; refused: boolean };
  };
  expect(files).toMatchObject([{ dataset: "PATIENT", format: "fhir/R4/ndjson" }]);
  expect(JSON.stringify(files[0]?.preview)).not.toMatch(/Zwartjes|1980|MRN/);
  expect(files[0]?.variables.filter(({ classification }) => classification !== "phi").map(({ name }) => name)).toEqual(["active", "managingOrganization.reference"]);
  expect(effect).toMatchObject({ subjects: { created: 2 }, refused: false });
  expect(codeOf(await api.call("ingest", "packets.release", { packetId, reason: REASON }))).toBe("policy.denied");
  expect(await release(packetId)).toMatchObject({ subjects: { created: 2, updated: 0, unchanged: 0 } });

  const [first, second] = await subjects();
  expect([first?.site, second?.site].toSorted()).toEqual(["701", "704"]);
  const shown = await fieldsOf(first?.subjectId ?? "");
  expect(
    shown
      .filter(({ state }) => state === "readable")
      .map(({ field }) => field)
      .toSorted(),
  ).toEqual(["PATIENT.active", "PATIENT.managingOrganization.reference"]);
  expect(shown.find(({ field }) => field === "PATIENT.name.0.family")).toEqual({ field: "PATIENT.name.0.family", record: "1", state: "masked", mask: "••••••" });
  const revealed = await api.call("reviewer", "subjects.reveal", { subjectId: first?.subjectId, field: "PATIENT.name.0.family", record: "1", purpose: "care", reason: REASON });
  expect(["Zwartjes", "Quill"]).toContain((dataOf(revealed) as { value: unknown }).value);
});

test("a patient that comes again with another name is a new version of that field alone, and one with fewer names has fewer fields", async () => {
  const corrected = PEOPLE.map((each) => (each.site === "704" ? { ...each, family: "Quillon" } : each));
  expect(await release(await packetOf(patients(corrected)))).toMatchObject({ records: { created: 0, updated: 1, unchanged: 1 }, equal: false });
  // The same patients in a Bundle, together with one who has more elements: nobody else's record changes by that.
  const resources = [...patients(corrected).split("\n"), patients([{ site: "701", subject: "1003" }]).replace('"birthDate"', '"gender":"other","birthDate"')];
  const bundle = `{"resourceType":"Bundle","type":"collection","entry":[${resources.map((each) => `{"resource":${each}}`).join(",")}]}`;
  expect(await release(await packetOf(bundle))).toMatchObject({ records: { created: 1, updated: 0, unchanged: 2 } });
  const quill = (await subjects()).find(({ site }) => site === "704");
  const { versions } = dataOf(await api.call("reviewer", "subjects.history", { subjectId: quill?.subjectId, domain: "PATIENT", record: "1" })) as {
    versions: readonly { version: number; changed: readonly string[] | null }[];
  };
  expect(versions.map(({ version, changed }) => [version, changed])).toEqual([
    [2, ["PATIENT.name.0.family"]],
    [1, null],
  ]);
});

test("what isn't such a file is refused by its place, and a site out of reach as one that isn't there", async () => {
  expect(await whereOf('{"resourceType":"Observation"}')).toEqual(["row 1, resourceType: not a Patient"]);
  expect(await whereOf(patients([PEOPLE[0], PEOPLE[0]] as PatientOf[]))).toEqual(["row 2, id: given to an earlier row", "row 2: the subject is named in an earlier row"]);
  expect(await whereOf(patients([{ site: "a/b", subject: "1" }]))).toEqual(["row 1, managingOrganization.reference: not spelled as it must be"]);
  const at704 = { study: STUDY, content: patients([{ site: "704", subject: "1009" }]) };
  const nowhere = { study: STUDY, content: patients([{ site: "799", subject: "1009" }]) };
  for (const input of [at704, nowhere]) expect(codeOf(await api.call("ingest701", "packets.upload", input))).toBe("policy.denied");
});

test("a subject stays at its site: a patient who comes with another one is a conflict", async () => {
  const packetId = await packetOf(patients([{ site: "704", subject: "1001", family: "Zwartjes" }]));
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("packet.conflict");
});

test("Dataset-JSON isn't taken for a study of patients", async () => {
  expect(await whereOf('{"datasetJSONVersion":"1.1.0"}')).toEqual(["row 1, resourceType: not a Patient"]);
});
