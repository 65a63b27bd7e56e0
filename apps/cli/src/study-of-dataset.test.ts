import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { studyOfDataset } from "./study-of-dataset.ts";

const version10 = (rows: unknown): string =>
  JSON.stringify({ clinicalData: { studyOID: "other", itemGroupData: { DM: { items: [{ name: "ITEMGROUPDATASEQ" }, { name: "STUDYID" }], itemData: rows } } } });

test.each([
  [
    "one study in all rows of Dataset-JSON 1.0",
    version10([
      [1, "S1"],
      [2, "S1"],
    ]),
    "S1",
  ],
  ["one study in all rows of Dataset-JSON 1.1", JSON.stringify({ columns: [{ name: "STUDYID" }], rows: [["S2"], ["S2"]] }), "S2"],
  [
    "two studies",
    version10([
      [1, "S1"],
      [2, "S2"],
    ]),
    null,
  ],
  ["no rows", version10([]), null],
  ["rows that aren't arrays", version10([7, null, { STUDYID: "S1" }]), null],
  ["no STUDYID", JSON.stringify({ columns: [{ name: "A" }], rows: [["S2"]] }), null],
  ["an empty STUDYID", version10([[1, ""]]), null],
  ["what isn't JSON", "STUDYID,S1", null],
  ["what isn't a dataset", "null", null],
])("the study is read from %s, or left to the user", (_, text, study) => {
  expect(studyOfDataset(text)).toBe(study);
});

const data = resolve(import.meta.dirname, "../../../../shared/data");
const files = [
  ["cdisc/DM.json", "CDISCPILOT01"],
  ["cdisc/AE.json", "CDISCPILOT01"],
  ["cdisc-1.1/dm.json", null],
] as const;

for (const [file, study] of files) {
  test(`the published ${file} names its study`, (context) => {
    if (!existsSync(join(data, file))) return context.skip("skipped: no shared data");
    const found = studyOfDataset(readFileSync(join(data, file), "utf8"));
    expect(found).toMatch(study === null ? /^[A-Za-z0-9-]+$/ : new RegExp(`^${study}$`));
  });
}
