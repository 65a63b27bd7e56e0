import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { newId, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { Grant, type SiteRef } from "@sallyport/policy";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { type Dataset, type FieldValue, sitesOf, studyOf } from "./dataset.ts";
import { readDataset } from "./open-dataset.ts";
import { labelOf } from "./label.ts";
import { type ExistingSubject, planRelease, type ReleasePlan } from "./plan-release.ts";
import { lookupOf } from "./reference.ts";
import { openFields, sealRecord } from "./sealed-record.ts";

const random = seededBytes("plan-release");
const lookupKey = secretKey(random(32));
const dataKey = { id: "sub-test-1", key: secretKey(random(32)) };
const dataset = await readDataset(readFileSync(new URL("../vectors/dm-1.1.json", import.meta.url)));
const study = { id: "SYNTH-01", sites: ["N01", "N02"].map((id) => ({ id, name: id, country: "NLD" })) };
const allSites = study.sites.map(({ id }) => ({ study: study.id, site: id }));

function grantFor(sites: readonly SiteRef[]): Grant {
  return Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action: "packet.release", resource: "packet", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "data_steward", sites, fields: { readable: [], masked: [] } },
  );
}
const grant = grantFor(allSites);
const plan = (of: Dataset, existing: readonly ExistingSubject[] = [], under = grant, registered = study): ReleasePlan =>
  planRelease({ grant: under, dataset: of, profile: cdiscSdtm, study: registered, existing, lookupOf: (usubjid) => lookupOf(lookupKey, registered.id, usubjid) });

/** What a store would hold after a plan, with every field sealed and opened again. */
function carryOut({ created, updated }: ReleasePlan, under = grant): readonly ExistingSubject[] {
  const seal = (subject: ExistingSubject["subject"], lookup: string, record: ReleasePlan["created"][number]["record"]): ExistingSubject => {
    const { fields } = sealRecord(under, dataKey, subject, record);
    return { lookup, subject, fields: openFields(under, dataKey, subject, fields) };
  };
  const inserted = created.map(({ lookup, site, record }) => {
    const id = newId("sub", random);
    return seal({ id, label: labelOf(id), wrapped: "sk1.x.y", keyVersion: 1, withdrawnAtMs: null, ...site }, lookup, record);
  });
  return [...inserted, ...updated.map(({ subject, record }) => seal(subject, "updated", record))];
}
const withCell = (row: number, variable: string, value: FieldValue): Dataset => {
  const column = dataset.columns.findIndex(({ name }) => name === variable);
  return { ...dataset, rows: dataset.rows.map((cells, at) => (at === row - 1 ? cells.with(column, value) : cells)) };
};
const whereOf = (run: () => unknown): readonly [code: string, where: unknown] => {
  try {
    run();
  } catch (error) {
    if (error instanceof SallyportError) return [error.code, error.context["where"]];
    throw error;
  }
  return ["nothing thrown", null];
};
const existing = carryOut(plan(dataset));

test("a first release creates every subject with all its variables in version 1", () => {
  const { created, updated, unchanged } = plan(dataset);
  expect([created.length, updated.length, unchanged.length]).toEqual([4, 0, 0]);
  expect(created.map(({ row, site }) => [row, site.site])).toEqual([
    [1, "N01"],
    [2, "N01"],
    [3, "N02"],
    [4, "N02"],
  ]);
  expect(created.every(({ record }) => record.version === 1 && record.fields.length === dataset.columns.length)).toBe(true);
});

test("the same file again changes no subject", () => {
  const { created, updated, unchanged } = plan(dataset, existing);
  expect([created.length, updated.length, unchanged.length]).toEqual([0, 0, 4]);
});

test("one changed value makes one new version of one subject, and names the variable", () => {
  const { created, updated, unchanged } = plan(withCell(2, "SEX", "F"), existing);
  expect([created.length, unchanged.length]).toEqual([0, 3]);
  expect(updated.map(({ row, changed, record }) => [row, changed, record.version, record.fields.length])).toEqual([[2, ["SEX"], 2, dataset.columns.length]]);
});

test("an empty text that becomes a missing value is a change, and the reverse", () => {
  expect(plan(withCell(2, "LOCALID", null), existing).updated.map(({ changed }) => changed)).toEqual([["LOCALID"]]);
  expect(plan(withCell(3, "LOCALID", ""), existing).updated.map(({ changed }) => changed)).toEqual([["LOCALID"]]);
});

test("a variable that came or went is a change of every subject", () => {
  const column = dataset.columns.findIndex(({ name }) => name === "RACE");
  const fewer: Dataset = { ...dataset, columns: dataset.columns.toSpliced(column, 1), rows: dataset.rows.map((cells) => cells.toSpliced(column, 1)) };
  expect(plan(fewer, existing).updated.map(({ changed }) => changed)).toEqual(Array.from({ length: 4 }, () => ["RACE"]));
  expect(plan(dataset, carryOut(plan(fewer))).updated.map(({ changed }) => changed)).toEqual(Array.from({ length: 4 }, () => ["RACE"]));
});

test("a subject whose record isn't stored yet gets its first version", () => {
  const bare = existing.map((one) => ({ ...one, fields: [] }));
  expect(plan(dataset, bare).updated.map(({ record }) => record.version)).toEqual([1, 1, 1, 1]);
});

faultTest("E4", "stored fields of several versions of one record are not taken for a record", async (defence) => {
  const [first] = existing;
  expect(first).toBeDefined();
  if (first === undefined) return;
  const mixed: ExistingSubject = { ...first, fields: first.fields.map((field, at) => (at === 3 && defence === "on" ? { ...field, version: 2 } : field)) };
  expect(() => plan(dataset, [mixed])).toThrow("phi.integrity");
});

test("a subject at another site than before refuses the whole release, naming rows only", () => {
  expect(whereOf(() => plan(withCell(2, "SITEID", "N02"), existing))).toEqual(["packet.conflict", ["row 2: the subject belongs to another site"]]);
});

test("a site that isn't registered, and another study, are refused by row", () => {
  expect(whereOf(() => plan(withCell(3, "SITEID", "N03")))).toEqual(["packet.invalid", ["row 3, column SITEID: not a site of this study"]]);
  expect(whereOf(() => plan(dataset, [], grant, { ...study, id: "SYNTH-02" }))[0]).toBe("packet.invalid");
});

test("a grant that doesn't reach every site releases nothing", () => {
  expect(() => plan(dataset, [], grantFor(allSites.slice(0, 1)))).toThrow("policy.denied");
  const ended = grantFor(allSites);
  ended.close();
  expect(() => plan(dataset, [], ended)).toThrow("policy.denied");
});

test("a domain that follows its subjects is not released yet", () => {
  expect(whereOf(() => plan({ ...dataset, name: "AE" }))).toEqual(["packet.invalid", ["name: not a domain that can be released yet"]]);
});

test("a plan and its refusals show no value of the file", () => {
  const canary = "CANARY-c03d";
  const marked = withCell(1, "LOCALID", canary);
  expect(JSON.stringify(plan(marked))).not.toContain("c03d");
  expect(JSON.stringify(plan(marked, existing).updated)).not.toContain("c03d");
  expect(JSON.stringify(whereOf(() => plan(withCell(1, "SITEID", canary))))).not.toContain("c03d");
});

const pilot = new URL("../../../../shared/data/cdisc/DM.json", import.meta.url);
describe.skipIf(!existsSync(pilot))(existsSync(pilot) ? "the CDISC pilot" : "the CDISC pilot (skipped: ../shared/data is not there)", () => {
  test("its 306 subjects are created once, found equal again, and nothing more", async () => {
    const whole = await readDataset(readFileSync(pilot));
    const registered = { id: studyOf(whole) ?? "", sites: sitesOf(whole).map(({ site }) => ({ id: site, name: site, country: "USA" })) };
    const under = grantFor(registered.sites.map(({ id }) => ({ study: registered.id, site: id })));
    const first = plan(whole, [], under, registered);
    expect([first.created.length, first.updated.length, first.unchanged.length]).toEqual([306, 0, 0]);
    const again = plan(whole, carryOut(first, under), under, registered);
    expect([again.created.length, again.updated.length, again.unchanged.length]).toEqual([0, 0, 306]);
  }, 30_000);
});
