import { secretKey } from "@sallyport/crypto";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fhirR4Patient } from "./fhir-r4-patient.ts";
import { flattenResource } from "./flatten-resource.ts";
import type { DatasetRow } from "./open-dataset.ts";
import { openSource } from "./open-source.ts";
import { classify, Classifier, type Profile } from "./profile.ts";
import { RowReader } from "./read-rows.ts";
import { inPieces } from "./testing/in-pieces.ts";

const vector = (name: string): string => readFileSync(new URL(`../vectors/fhir/${name}`, import.meta.url), "utf8");
const SUBJECT = "urn:sallyport:subject";
const patient = (id: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  resourceType: "Patient",
  id,
  identifier: [{ system: SUBJECT, value: `S-${id}` }],
  managingOrganization: { reference: "Organization/N01" },
  ...more,
});
const bundle = (...resources: readonly unknown[]): string => JSON.stringify({ resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) });
const lines = (...resources: readonly unknown[]): string => resources.map((each) => JSON.stringify(each)).join("\n");

async function read(
  text: string,
  { profile = fhirR4Patient, sizes = [] as readonly number[], rowMax = 1024 * 1024 }: { profile?: Profile; sizes?: readonly number[]; rowMax?: number } = {},
) {
  const opened = await openSource(() => inPieces(text, sizes), profile, { rowMax });
  const all: DatasetRow[] = [];
  for await (const batch of opened.rows()) all.push(...batch);
  return { head: opened.head, all };
}
/** What a reader finds of each resource: whom and which site it names, and its variables without those that aren't there. */
const found = async (text: string, how: Parameters<typeof read>[1] = {}) => {
  const { head, all } = await read(text, how);
  return all.map(({ row, named, cells }) => ({ row, ...named, ...Object.fromEntries(head.columns.flatMap(({ name }, at) => (cells[at] === null ? [] : [[name, cells[at]]]))) }));
};
const whereOf = async (text: string, how: Parameters<typeof read>[1] = {}): Promise<readonly string[]> => {
  const error: unknown = await read(text, how).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code: "packet.invalid" });
  return (error as { readonly context: { readonly where: readonly string[] } }).context.where;
};

test("patients read the same from NDJSON, a Bundle and a resource alone", async () => {
  const all = await found(vector("patients.ndjson"));
  expect(all.map(({ row, subject, site }) => [row, subject, site])).toEqual([
    [1, "SYNTH-01-N01-001", "N01"],
    [2, "SYNTH-01-N02-002", "N02"],
    [3, "SYNTH-01-N01-003", "N01"],
  ]);
  expect(await found(vector("bundle.json"))).toEqual(all);
  expect(await found(vector("patient.json"))).toEqual(all.slice(0, 1));
  expect((await read(vector("patients.ndjson"))).head).toMatchObject({ standardVersion: "R4", format: "ndjson", name: "PATIENT", records: 3, binds: true, isSparse: true });
  expect((await read(vector("bundle.json"))).head.format).toBe("json");
});

test("a variable is the path of its elements, with their places in lists", async () => {
  const [first] = await found(vector("patient.json"));
  expect(first).toMatchObject({
    "name.0.family": "Brouwer",
    "name.0.given.0": "Anneke",
    "name.0.given.1": "Lotte",
    active: true,
    birthDate: "1936-04-12",
    "telecom.0.value": "+31 20 000 0001",
  });
  expect(Object.keys(first ?? {})).not.toContain("resourceType");
});

test("the shipped profile speaks of what a patient usually has, and everything else is PHI", async () => {
  const { head } = await read(vector("patients.ndjson"));
  const unknown = head.columns.filter(({ name }) => !classify(fhirR4Patient, "PATIENT", name).isKnown).map(({ name }) => name);
  expect(unknown).toEqual([
    "extension.0.url",
    "extension.0.valueAddress.city",
    "generalPractitioner.0.reference",
    "contained.0.resourceType",
    "contained.0.id",
    "contained.0.name",
  ]);
  const classifier = new Classifier(fhirR4Patient, 2026);
  for (const name of [...unknown, "text.div", "name.0.family", "birthDate", "identifier.1.value", "photo.3.data"]) expect(classifier.ofValue("PATIENT", name, "x")).toBe("phi");
  expect(classifier.ofValue("PATIENT", "managingOrganization.reference", "Organization/N01")).toBe("regulatory");
});

test("a site may be named by an identifier of a system, where the profile says so", async () => {
  const profile: Profile = { ...fhirR4Patient, binding: { ...fhirR4Patient.binding, site: { path: "managingOrganization.identifier", system: "urn:example:sites", prefix: "" } } };
  const at = (system: string) => patient("1", { managingOrganization: { identifier: { system, value: "N02" } } });
  expect(await found(lines(at("urn:example:sites")), { profile })).toMatchObject([{ site: "N02" }]);
  expect(await whereOf(lines(at("urn:example:others")), { profile })).toEqual(["row 1, managingOrganization.identifier: missing, or not of the system that names the site"]);
});

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["another resource", lines({ ...patient("1"), resourceType: "Practitioner" }), ["row 1, resourceType: not a Patient"]],
  ["a Bundle's entry that is another resource", bundle(patient("1"), { resourceType: "Observation" }), ["row 2, resourceType: not a Patient"]],
  ["an entry without a resource", JSON.stringify({ resourceType: "Bundle", entry: [{ fullUrl: "urn:x" }] }), ["row 1, resourceType: not a Patient"]],
  ["a Bundle without entries", JSON.stringify({ resourceType: "Bundle", entry: [] }), ["entry: none"]],
  ["entries of what is no Bundle", JSON.stringify({ ...patient("1"), entry: [{ resource: patient("1") }] }), ["resourceType: entries of what is no Bundle"]],
  ["an id given twice", lines(patient("1"), patient("1", { identifier: [{ system: SUBJECT, value: "S-2" }] })), ["row 2, id: given to an earlier row"]],
  ["a subject named twice", lines(patient("1"), patient("2", { identifier: [{ system: SUBJECT, value: "S-1" }] })), ["row 2: the subject is named in an earlier row"]],
  [
    "two identifiers that name a subject",
    lines(
      patient("1", {
        identifier: [
          { system: SUBJECT, value: "A" },
          { system: SUBJECT, value: "B" },
        ],
      }),
    ),
    ["row 1, identifier: more than one of the system that names the subject"],
  ],
  ["no identifier", lines(patient("1", { identifier: [{ system: "urn:other", value: "A" }] })), ["row 1, identifier: none of the system that names the subject"]],
  ["an identifier with white space around it", lines(patient("1", { identifier: [{ system: SUBJECT, value: " A" }] })), ["row 1, identifier: not spelled as it must be"]],
  [
    "no site",
    lines(Object.fromEntries(Object.entries(patient("1")).filter(([name]) => name !== "managingOrganization"))),
    ["row 1, managingOrganization.reference: missing, or not a reference that names the site"],
  ],
  ["a site with a slash", lines(patient("1", { managingOrganization: { reference: "Organization/a/b" } })), ["row 1, managingOrganization.reference: not spelled as it must be"]],
  [
    "a site by an address elsewhere, which nobody fetches",
    lines(patient("1", { managingOrganization: { reference: "https://elsewhere.example/Organization/N01" } })),
    ["row 1, managingOrganization.reference: missing, or not a reference that names the site"],
  ],
  ["an empty list", lines(patient("1", { name: [] })), ["row 1: an empty list or object, which FHIR doesn't have"]],
  ["a null", lines(patient("1", { birthDate: null })), ["row 1: a null, which FHIR has in lists alone"]],
  ["an element's name that FHIR doesn't have", lines(patient("1", { "a b": 1 })), ["row 1: an element's name that FHIR doesn't have"]],
  ["a key given twice", '{"resourceType":"Patient","id":"1","id":"2"}', ["line 1, column"]],
  ["__proto__", '{"resourceType":"Patient","__proto__":{"x":1}}', ["line 1, column"]],
  ["a list", "[]", ["line 1, column 1: an object is expected"]],
  ["something behind a Bundle", `${bundle(patient("1"))}{}`, ["line 1, column"]],
  ["a line that is cut off", `${lines(patient("1"))}\n{"resourceType":"Pat`, ["row 2 (line 2"]],
  ["a resource on two lines", `${lines(patient("1"))}\n${JSON.stringify(patient("2"), null, 1)}`, ["row 2 (line"]],
];
test.each(cases)("%s is refused by its place, without a value", async (_, text, where) => {
  const all = await whereOf(text);
  expect(all).toHaveLength(where.length);
  for (const [at, place] of where.entries()) expect(all[at]?.startsWith(place)).toBe(true);
});

test("10,000 levels are refused, wherever they are", async () => {
  const deep = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;
  for (const text of [deep, `{"resourceType":"Patient","extension":${deep}}`, `{"resourceType":"Bundle","entry":[{"resource":${deep}}]}`, `${lines(patient("1"))}\n${deep}`])
    expect((await whereOf(text))[0]).toMatch(/nested too deeply$/);
});

test("a resource longer than is held is refused", async () => {
  const long = patient("2", { text: { status: "generated", div: "x".repeat(5_000) } });
  expect(await whereOf(bundle(patient("1"), long), { rowMax: 4_000 })).toEqual([expect.stringMatching(/^row 2 .*longer than it may be$/)]);
  expect(await whereOf(lines(patient("1"), long), { rowMax: 4_000 })).toEqual([expect.stringMatching(/^row 2 .*longer than it may be$/)]);
});

test("more than a thousand paths in one file are refused", async () => {
  const many = patient("1", { name: Array.from({ length: 1_001 }, () => ({ family: "x" })) });
  expect(await whereOf(lines(many))).toEqual(["the file: has more paths than are read"]);
});

test("no fault holds a value: each ends with a place and a sentence", async () => {
  const secret = "Zwartjes-Quill";
  const texts = [
    lines(patient(secret), patient(secret)),
    lines(patient("1", { identifier: [{ system: SUBJECT, value: ` ${secret}` }] })),
    lines(patient("1", { [`${secret}!`]: secret })),
    lines(patient("1", { managingOrganization: { reference: `Organization/${secret}/` } })),
    `{"resourceType":"Patient","name":"${secret}`,
  ];
  for (const text of texts) expect((await whereOf(text)).join()).not.toContain(secret);
});

test("a file is read as its rows are taken: when the first are handed out, no more of it was asked for than they and a block or two", async () => {
  const [count, some] = [4_000, 100];
  let asked = 0;
  async function* generated(): AsyncGenerator<Uint8Array> {
    asked = 0;
    for (let at = 0; at < count; at += some) {
      const piece = Buffer.from(`${lines(...Array.from({ length: some }, (_, more) => patient(String(at + more), { text: { status: "generated", div: "x".repeat(200) } })))}\n`);
      asked += piece.length;
      yield piece;
    }
  }
  const opened = await openSource(generated, fhirR4Patient);
  const whole = asked;
  const sizes: number[] = [];
  let early = 0;
  for await (const batch of opened.rows()) {
    if (sizes.length === 0) early = asked;
    sizes.push(batch.length);
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  expect(early).toBeLessThan(whole / 2);
});

test("what is read doesn't depend on the pieces that a file comes in", async () => {
  const [ndjson, packed] = [vector("patients.ndjson"), vector("bundle.json")];
  const whole = await found(ndjson);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 }), fc.boolean(), async (sizes, isPacked) => {
      expect(await found(isPacked ? packed : ndjson, { sizes })).toEqual(whole);
    }),
    { numRuns: 25 },
  );
});

test("flattening loses nothing: paths and values make the resource again", () => {
  const element = fc.stringMatching(/^_?[a-zA-Z][a-zA-Z0-9]{0,8}$/);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.array(tie("value"), { minLength: 1, maxLength: 3 }),
      fc.dictionary(element, tie("value"), { minKeys: 1, maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(element, value, { maxKeys: 4 }), (resource) => {
      const { resourceType: _, ...rest } = resource;
      const rebuilt: Record<string, unknown> = {};
      const faults: string[] = [];
      for (const [path, held] of flattenResource(resource, (why) => faults.push(why))) {
        let at: Record<string, unknown> = rebuilt;
        const steps = path.split(".");
        for (const [n, step] of steps.entries()) {
          if (n === steps.length - 1) at[step] = held;
          else at = (at[step] ??= /^\d+$/.test(steps[n + 1] ?? "") ? [] : {}) as Record<string, unknown>;
        }
      }
      fc.pre(faults.length === 0);
      expect(rebuilt).toEqual(rest);
    }),
  );
});

test("a row names its subject as its study does, and a site that isn't registered is a fault of its row", async () => {
  const { head, all } = await read(vector("patients.ndjson"));
  const reader = new RowReader(head, { id: "SYNTH-01", sites: [{ id: "N01", name: "N01", country: "NLD" }] }, secretKey(Buffer.alloc(32, 7)));
  const rows = reader.read(all);
  expect(reader.identity).toEqual([]);
  expect(new Set(rows.map(({ lookup }) => lookup)).size).toBe(3);
  expect(rows.map(({ record }) => record)).toEqual(["1", "1", "1"]);
  expect(reader.siteFaults.places).toEqual(["row 2: names what is not a site of this study"]);
});
