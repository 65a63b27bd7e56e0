import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Dataset, sitesOf, studyOf } from "./dataset.ts";
import { readDataset } from "./open-dataset.ts";
import { identityOf } from "./record-identity.ts";

const folder = new URL("../../../../shared/data/", import.meta.url);
const read = (name: string): Promise<Dataset> => readDataset(readFileSync(new URL(name, folder)));

describe.skipIf(!existsSync(folder))(existsSync(folder) ? "the CDISC example studies" : "the CDISC example studies (skipped: ../shared/data is not there)", () => {
  test("the pilot's DM has 306 subjects at 17 sites", async () => {
    const dataset = await read("cdisc/DM.json");
    const bySite = sitesOf(dataset);
    expect([dataset.rows.length, bySite.length, studyOf(dataset), dataset.columns.length]).toEqual([306, 17, "CDISCPILOT01", 25]);
    expect(Object.fromEntries(bySite.map(({ site, rows }) => [site, rows]))).toMatchObject({ 701: 51, 710: 38, 708: 32, 702: 1 });
  });

  test("the second study's DM, in version 1.1, has 18 subjects", async () => {
    const dataset = await read("cdisc-1.1/dm.json");
    expect([dataset.standardVersion, dataset.rows.length, sitesOf(dataset).length]).toEqual(["1.1", 18, 6]);
  });

  test.each<readonly [name: string, records: number, identity: readonly string[]]>([
    ["cdisc/AE.json", 961, ["AESEQ"]],
    ["cdisc/DS.json", 596, ["DSSEQ"]],
    ["cdisc/SUPPDM.json", 1197, ["IDVAR", "IDVARVAL", "QNAM", "RDOMAIN"]],
    ["cdisc/SV.json", 3559, ["VISITNUM"]],
    ["cdisc-1.1/ae.json", 74, ["AESEQ"]],
    ["cdisc-1.1/ds.json", 53, ["DSSEQ"]],
    ["cdisc-1.1/suppdm.json", 3, ["IDVAR", "IDVARVAL", "QNAM", "RDOMAIN"]],
    ["cdisc-1.1/sv.json", 164, ["SVSTDTC", "VISITNUM"]],
    ["cdisc-1.1/vs.json", 1414, ["VSSEQ"]],
  ])("%s is read with all its %i records, and no site of its own", async (name, records, identity) => {
    const dataset = await read(name);
    expect([dataset.rows.length, sitesOf(dataset)]).toEqual([records, []]);
    expect(identityOf(dataset)).toEqual(identity);
    const members = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { rows?: unknown[][]; clinicalData?: { itemGroupData: Record<string, { itemData: unknown[][] }> } };
    const rows = members.rows ?? Object.values(members.clinicalData?.itemGroupData ?? {}).flatMap(({ itemData }) => itemData.map((row) => row.slice(1)));
    expect(dataset.rows).toEqual(rows);
  });

  test("the trial summary is refused: it is about no subject", async () => {
    await expect(read("cdisc/TS.json")).rejects.toMatchObject({ code: "packet.invalid", context: { where: ["column USUBJID: missing: only datasets about subjects are taken"] } });
  });
});
