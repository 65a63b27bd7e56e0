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

  test("a head is refused wherever the standard's own schema refuses it", async () => {
    interface Part {
      readonly type?: string;
      readonly pattern?: string;
      readonly minimum?: number;
      readonly $ref?: string;
      readonly enum?: readonly string[];
      readonly properties?: Readonly<Record<string, Part>>;
    }
    const schema = JSON.parse(readFileSync(new URL("cdisc-1.1/dataset.schema1-1-0.json", folder), "utf8")) as Part & { readonly $defs: Readonly<Record<string, Part>> };
    const file = JSON.parse(readFileSync(new URL("cdisc-1.1/ae.json", folder), "utf8")) as Record<string, unknown> & { columns: Record<string, unknown>[] };
    const [first = {}, ...others] = file.columns;
    const partOf = (part: Part): Part => (part.$ref === undefined ? part : (schema.$defs[part.$ref.split("/").at(-1) ?? ""] ?? {}));
    const isRight = (of: Part, value: unknown): boolean => {
      const part = partOf(of);
      if (part.enum !== undefined) return part.enum.includes(String(value)) && typeof value === "string";
      if (part.type === "string") return typeof value === "string" && (part.pattern === undefined || new RegExp(part.pattern, "u").test(value));
      if (part.type === "integer") return Number.isInteger(value) && (value as number) >= (part.minimum ?? Number.NEGATIVE_INFINITY);
      return part.type === "array" ? Array.isArray(value) : part.properties !== undefined && typeof value === "object" && value !== null && Object.keys(value).length > 0;
    };
    const tried: string[] = [];
    const values = [
      7,
      1.5,
      -1,
      0,
      null,
      true,
      [],
      {},
      { name: 7, version: "" },
      "",
      "banana",
      "1.1.00",
      "1.1",
      "2031-05-01",
      "2031-05-01T00:00:00",
      "2031-13-01T00:00:00",
      "2031-05-01T00:00Z",
    ];
    for (const [place, properties] of Object.entries({ file: schema.properties ?? {}, column: schema.$defs["Column"]?.properties ?? {} })) {
      for (const [name, part] of Object.entries(properties)) {
        for (const value of values) {
          if (isRight(part, value)) continue;
          const changed = place === "file" ? { ...file, [name]: value } : { ...file, columns: [{ ...first, [name]: value }, ...others] };
          const refused = await readDataset(Buffer.from(JSON.stringify(changed))).then(
            () => "taken",
            (error: { readonly code?: string }) => error.code,
          );
          tried.push(`${place} ${name}`);
          expect([place, name, value, refused]).toEqual([place, name, value, "packet.invalid"]);
        }
      }
    }
    expect(new Set(tried).size).toBeGreaterThanOrEqual(20);
  });

  test("the trial summary is refused: it is about no subject", async () => {
    await expect(read("cdisc/TS.json")).rejects.toMatchObject({ code: "packet.invalid", context: { where: ["column USUBJID: missing: only datasets about subjects are taken"] } });
  });
});
