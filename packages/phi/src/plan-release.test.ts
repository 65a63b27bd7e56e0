import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newId, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { Grant, type SiteRef } from "@sallyport/policy";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { Classifier } from "./profile.ts";
import { type Dataset, type FieldValue } from "./dataset.ts";
import { labelOf } from "./label.ts";
import { type OpenedRecord, planRows, type RowsPlan } from "./plan-release.ts";
import type { SubjectRow } from "./ports.ts";
import { readDataset } from "./open-dataset.ts";
import { RowReader } from "./read-rows.ts";
import { openFields, sealRecord } from "./sealed-record.ts";

const random = seededBytes("plan-release");
const lookupKey = secretKey(random(32));
const dataKey = { id: "sub-test-1", key: secretKey(random(32)) };
const dataset = await readDataset(readFileSync(new URL("../vectors/dm-1.1.json", import.meta.url)));
const study = { id: "SYNTH-01", sites: ["N01", "N02"].map((id) => ({ id, name: id, country: "NLD" })) };
const allSites = study.sites.map(({ id }) => ({ study: study.id, site: id }));

function grantFor(sites: readonly SiteRef[], action: "packet.release" | "packet.inspect" = "packet.release"): Grant {
  return Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action, resource: "packet", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "data_steward", sites, fields: { readable: [], masked: [] } },
  );
}
const grant = grantFor(allSites);
const classifier = new Classifier(cdiscSdtm, 2026);
const readerOf = (of: Dataset): RowReader => new RowReader({ ...of, format: "json", records: of.rows.length, binds: of.name === "DM", isSparse: false }, study, lookupKey);
const rowsOf = (of: Dataset) => readerOf(of).read(of.rows.map((cells, at) => ({ row: at + 1, cells })));

/** The subjects of a DM dataset as they are bound at their first release. */
const subjectsOf = (of: Dataset): ReadonlyMap<string, SubjectRow> =>
  new Map(
    rowsOf(of).map(({ lookup, site }) => {
      const id = newId("sub", random);
      return [lookup, { id, label: labelOf(id), wrapped: "sk1.x.y", keyVersion: 1, withdrawnAtMs: null, study: study.id, site: site ?? "" }];
    }),
  );
const subjects = subjectsOf(dataset);
const plan = (of: Dataset, current: readonly OpenedRecord[] = [], under = grant, known: ReadonlyMap<string, SubjectRow> = subjects): RowsPlan =>
  planRows({ grant: under, packet: "pkt_2", head: { ...of, isSparse: false }, classifier, rows: rowsOf(of), subjects: known, current });
const outcomes = (of: RowsPlan): readonly string[] => of.rows.map(({ outcome }) => outcome);
const changes = (of: RowsPlan): readonly unknown[] => of.rows.flatMap((row) => (row.outcome === "updated" ? [[row.row, row.changed]] : []));

/** What a store would hold after a plan, with every field sealed and opened again. */
const carryOut = ({ rows }: RowsPlan): readonly OpenedRecord[] =>
  rows.flatMap((row) => {
    if (row.outcome === "unchanged") return [];
    const { record, fields } = sealRecord(grant, dataKey, row.subject, row.record);
    return [{ ...record, packet: "pkt_1", fields: openFields(grant, dataKey, row.subject, fields, classifier) }];
  });
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

test("a first release creates the record of every subject with all its variables in version 1", () => {
  const first = plan(dataset);
  expect(outcomes(first)).toEqual(["created", "created", "created", "created"]);
  expect(first.rows.map(({ row, subject }) => [row, subject.site])).toEqual([
    [1, "N01"],
    [2, "N01"],
    [3, "N02"],
    [4, "N02"],
  ]);
  expect(first.rows.every((row) => row.outcome === "created" && row.record.version === 1 && row.record.fields.length === dataset.columns.length)).toBe(true);
});

test("the same file again changes nothing", () => {
  expect(outcomes(plan(dataset, existing))).toEqual(["unchanged", "unchanged", "unchanged", "unchanged"]);
});

test("one changed value makes one new version of one record, and names the variable", () => {
  const corrected = plan(withCell(2, "SEX", "F"), existing);
  expect(outcomes(corrected)).toEqual(["unchanged", "updated", "unchanged", "unchanged"]);
  expect(changes(corrected)).toEqual([[2, ["SEX"]]]);
  expect(corrected.rows[1]).toMatchObject({ record: { version: 2, position: 2 } });
});

test("an empty text that becomes a missing value is a change, and the reverse", () => {
  expect(changes(plan(withCell(2, "LOCALID", null), existing))).toEqual([[2, ["LOCALID"]]]);
  expect(changes(plan(withCell(3, "LOCALID", ""), existing))).toEqual([[3, ["LOCALID"]]]);
});

test("a variable that came or went is a change of every record", () => {
  const column = dataset.columns.findIndex(({ name }) => name === "RACE");
  const fewer: Dataset = { ...dataset, columns: dataset.columns.toSpliced(column, 1), rows: dataset.rows.map((cells) => cells.toSpliced(column, 1)) };
  const all = [1, 2, 3, 4].map((row) => [row, ["RACE"]]);
  expect(changes(plan(fewer, existing))).toEqual(all);
  expect(changes(plan(dataset, carryOut(plan(fewer))))).toEqual(all);
});

faultTest("E4", "stored fields of several versions of one record are not taken for a record", async (defence) => {
  const [first] = existing;
  expect(first).toBeDefined();
  if (first === undefined) return;
  const mixed: OpenedRecord = { ...first, fields: first.fields.map((field, at) => (at === 3 && defence === "on" ? { ...field, version: 2 } : field)) };
  expect(() => plan(dataset, [mixed])).toThrow("phi.integrity");
});

test("a row that puts its subject at another site, or whose subject isn't there, is a conflict and nothing else", () => {
  const moved = plan(withCell(2, "SITEID", "N02"), existing);
  expect([moved.conflicts.map(({ row }) => row), outcomes(moved)]).toEqual([[2], ["unchanged", "unchanged", "unchanged"]]);
  expect(plan(dataset, existing, grant, new Map()).conflicts.map(({ row }) => row)).toEqual([1, 2, 3, 4]);
});

test("what is new of a subject that has withdrawn consent is told by row, and what is equal isn't", () => {
  const gone = new Map([...subjects].map(([lookup, subject]) => [lookup, { ...subject, withdrawnAtMs: 1 }]));
  expect(plan(dataset, existing, grant, gone).withdrawn).toEqual([]);
  expect(plan(withCell(2, "SEX", "F"), existing, grant, gone).withdrawn).toEqual([{ row: 2, subject: existing[1]?.subject }]);
  expect(plan(dataset, [], grant, gone).withdrawn.map(({ row }) => row)).toEqual([1, 2, 3, 4]);
});

test("a record that the same packet wrote already is not written over", () => {
  const [first] = existing;
  expect(first).toBeDefined();
  if (first === undefined) return;
  expect(whereOf(() => plan(dataset, [{ ...first, packet: "pkt_2" }]))).toEqual(["packet.conflict", ["row 1: the record was named in an earlier row"]]);
});

test("a site that isn't registered, and another study, are faults of their rows", () => {
  const elsewhere = readerOf(withCell(3, "SITEID", "N03"));
  elsewhere.read(withCell(3, "SITEID", "N03").rows.map((cells, at) => ({ row: at + 1, cells })));
  expect([elsewhere.siteFaults.places, elsewhere.studyFaults.places]).toEqual([["row 3, column SITEID: not a site of this study"], []]);
  const other = new RowReader({ ...dataset, format: "json", records: 4 }, { ...study, id: "SYNTH-02" }, lookupKey);
  other.read(dataset.rows.map((cells, at) => ({ row: at + 1, cells })));
  expect(other.studyFaults.places[0]).toBe("row 1, column STUDYID: not the study of this packet");
});

test("a grant that doesn't reach every site plans nothing, and neither does one that has ended or is for another act", () => {
  expect(() => plan(dataset, [], grantFor(allSites.slice(0, 1)))).toThrow("policy.denied");
  const ended = grantFor(allSites);
  ended.close();
  expect(() => plan(dataset, [], ended)).toThrow("policy.denied");
});

test("an inspection compares as a release does, and seals nothing", () => {
  const inspecting = grantFor(allSites, "packet.inspect");
  const seen = plan(withCell(2, "SEX", "F"), existing, inspecting);
  expect(changes(seen)).toEqual([[2, ["SEX"]]]);
  const [, updated] = seen.rows;
  expect(updated?.outcome).toBe("updated");
  if (updated?.outcome === "updated") expect(() => sealRecord(inspecting, dataKey, updated.subject, updated.record)).toThrow("policy.denied");
});

test("a plan and its refusals show no value of the file", () => {
  const canary = "CANARY-c03d";
  const marked = withCell(1, "LOCALID", canary);
  expect(JSON.stringify(plan(marked).rows)).not.toContain("c03d");
  expect(JSON.stringify(plan(marked, existing))).not.toContain("c03d");
  const reader = readerOf(withCell(1, "SITEID", canary));
  reader.read(withCell(1, "SITEID", canary).rows.map((cells, at) => ({ row: at + 1, cells })));
  expect(JSON.stringify(reader.siteFaults.places)).not.toContain("c03d");
});
