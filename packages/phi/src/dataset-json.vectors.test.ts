import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Dataset, sitesOf, studyOf } from "./dataset.ts";
import { readDataset } from "./dataset-json.ts";

const folder = new URL("../../../../shared/data/", import.meta.url);
const read = (name: string): Dataset => readDataset(readFileSync(new URL(name, folder)));

describe.skipIf(!existsSync(folder))(existsSync(folder) ? "the CDISC example studies" : "the CDISC example studies (skipped: ../shared/data is not there)", () => {
  test("the pilot's DM has 306 subjects at 17 sites", () => {
    const dataset = read("cdisc/DM.json");
    const bySite = sitesOf(dataset);
    expect([dataset.rows.length, bySite.length, studyOf(dataset), dataset.columns.length]).toEqual([306, 17, "CDISCPILOT01", 25]);
    expect(Object.fromEntries(bySite.map(({ site, rows }) => [site, rows]))).toMatchObject({ 701: 51, 710: 38, 708: 32, 702: 1 });
  });

  test("the second study's DM, in version 1.1, has 18 subjects", () => {
    const dataset = read("cdisc-1.1/dm.json");
    expect([dataset.standardVersion, dataset.rows.length, sitesOf(dataset).length]).toEqual(["1.1", 18, 6]);
  });

  test.each([
    ["cdisc/AE.json", 961],
    ["cdisc/DS.json", 596],
    ["cdisc/SUPPDM.json", 1197],
    ["cdisc/SV.json", 3559],
    ["cdisc/TS.json", 48],
    ["cdisc-1.1/ae.json", 74],
    ["cdisc-1.1/ds.json", 53],
    ["cdisc-1.1/suppdm.json", 3],
    ["cdisc-1.1/sv.json", 164],
    ["cdisc-1.1/vs.json", 1414],
  ])("%s is read with all its %i records and no site of its own", (name, records) => {
    const dataset = read(name);
    expect([dataset.rows.length, sitesOf(dataset)]).toEqual([records, []]);
  });
});
