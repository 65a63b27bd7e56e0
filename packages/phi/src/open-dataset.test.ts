import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { cellsOf, sitesOf, studyOf } from "./dataset.ts";
import { type DatasetRow, openDataset, readDataset } from "./open-dataset.ts";
import { inPieces } from "./testing/in-pieces.ts";

const vector = (name: string): string => readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
interface File11 {
  columns: Record<string, unknown>[];
  rows: unknown[][];
  records: number;
  [member: string]: unknown;
}
const file = (change: (file: File11) => void): string => {
  const copy = JSON.parse(vector("dm-1.1.json")) as File11;
  change(copy);
  return JSON.stringify(copy);
};
const at = (copy: File11, variable: string): number => copy.columns.findIndex((column) => column["name"] === variable);
const put = (row: number, variable: string, value: unknown) =>
  file((copy) => {
    const cells = copy.rows[row - 1];
    if (cells !== undefined) cells[at(copy, variable)] = value;
  });

async function whereOf(text: string): Promise<readonly string[]> {
  try {
    await readDataset(text);
  } catch (error) {
    if (error instanceof SallyportError && error.code === "packet.invalid") return error.context["where"] as readonly string[];
    throw error;
  }
  return [];
}

test("both versions of the standard give the same dataset", async () => {
  const [old, young] = [await readDataset(vector("dm-1.0.json")), await readDataset(vector("dm-1.1.json"))];
  expect([old.standardVersion, young.standardVersion]).toEqual(["1.0", "1.1"]);
  expect(old.rows).toEqual(young.rows);
  expect(old.columns.map(({ name, key }) => [name, key])).toEqual(young.columns.map(({ name, key }) => [name, key]));
  const lines = await readDataset(vector("dm-1.1.ndjson"));
  expect(lines).toEqual(young);
  expect(studyOf(old)).toBe("SYNTH-01");
  expect(sitesOf(old)).toEqual([
    { site: "N01", rows: 2 },
    { site: "N02", rows: 2 },
  ]);
});

test("a dataset in lines is read as it is written", async () => {
  const opened = await openDataset(() => inPieces(vector("ae-1.1.ndjson"), [7]));
  const { columns, ...head } = opened.head;
  expect(head).toEqual({ standardVersion: "1.1", format: "ndjson", binds: false, isSparse: false, name: "AE", label: "Adverse Events", studyOid: "", records: 5 });
  expect(columns.map(({ name }) => name)).toEqual(["STUDYID", "DOMAIN", "USUBJID", "AESEQ", "AETERM", "AESEV", "AESTDTC", "AEVAL", "AEDOSE", "AEFL"]);
  for (let time = 0; time < 2; time += 1) {
    const batches: (readonly DatasetRow[])[] = [];
    for await (const batch of opened.rows()) batches.push(batch);
    expect(batches).toEqual([
      [
        { row: 1, cells: ["SYNTH-01", "AE", "SYN-N01-0001", 1, 'Kopfschmerz – "pochend"', "MILD", "2031-02-01", 1.5, "0.10", true] },
        { row: 2, cells: ["SYNTH-01", "AE", "SYN-N01-0001", 2, "zé\n\\", "", "2031-02", -0.25, "-12345678901234567890.5", false] },
        { row: 3, cells: ["SYNTH-01", "AE", "SYN-N01-0002", 1, "😀", "SEVERE", "2031---15", null, null, null] },
        { row: 4, cells: ["SYNTH-01", "AE", "SYN-N02-0001", 1, null, null, null, 1e-7, "0", true] },
        { row: 5, cells: ["SYNTH-01", "AE", "SYN-N02-0001", 2, "", "MILD", "--12-15", 123456789.125, "1", false] },
      ],
    ]);
  }
});

test("a record of a subject stands once in a domain", async () => {
  const lines = vector("ae-1.1.ndjson").split("\r\n");
  lines[5] = (lines[5] ?? "").replace(", 2,", ", 1,");
  expect(await whereOf(lines.join("\n"))).toEqual(["row 5, columns USUBJID AESEQ: the same USUBJID, AESEQ as in an earlier row"]);
  lines[5] = (lines[5] ?? "").replace(", 1,", ", null,");
  expect(await whereOf(lines.join("\n"))).toEqual(["row 5, column AESEQ: empty"]);
});

test("an empty text and a missing value stay apart", async () => {
  expect(cellsOf(await readDataset(vector("dm-1.1.json")), "LOCALID")).toEqual(["zé-1", "", null, "ü"]);
});

test.each<readonly [what: string, row: number, variable: string, value: unknown, where: string]>([
  ["a text for an integer", 2, "AGE", "34", "row 2, column AGE: not an integer"],
  ["a fraction for an integer", 2, "AGE", 34.5, "row 2, column AGE: not an integer"],
  ["a number for a text", 1, "SEX", 1, "row 1, column SEX: not a text"],
  ["true for a text", 1, "SEX", true, "row 1, column SEX: not a text"],
  ["an object for a text", 1, "SEX", { a: 1 }, "row 1, column SEX: not a text"],
  ["a text that is too long", 4, "SEX", "FF", "row 4, column SEX: longer than the column allows"],
  ["month 13", 3, "RFSTDTC", "2031-13-01", "row 3, column RFSTDTC: not a date and time"],
  ["a local date", 3, "RFSTDTC", "01/02/2031", "row 3, column RFSTDTC: not a date and time"],
  ["no site", 1, "SITEID", "", "row 1, column SITEID: empty"],
  ["null for a site", 1, "SITEID", null, "row 1, column SITEID: empty"],
  ["a site with a space after it", 1, "SITEID", "N01 ", "row 1, column SITEID: not spelled as it must be"],
  ["a wildcard for a site", 1, "SITEID", "*", "row 1, column SITEID: not spelled as it must be"],
  ["another domain in a row", 2, "DOMAIN", "AE", "row 2, column DOMAIN: not spelled as it must be"],
  ["another study in a row", 3, "STUDYID", "SYNTH-02", "row 3, column STUDYID: another study than the first row's"],
  ["a subject's id in another normal form", 1, "USUBJID", "e\u0301", "row 1, column USUBJID: not spelled as it must be"],
  ["a subject that was named before", 2, "USUBJID", "SYN-N01-0001", "row 2, column USUBJID: the subject is named in an earlier row"],
])("%s is refused, with its place", async (_, row, variable, value, where) => {
  expect(await whereOf(put(row, variable, value))).toContain(where);
});

test("a subject is named once in DM, also where the file declares no key", async () => {
  const text = file((copy) => {
    for (const column of copy.columns) delete column["keySequence"];
    const [first = [], second = []] = copy.rows;
    second[at(copy, "USUBJID")] = first[at(copy, "USUBJID")];
  });
  expect(await whereOf(text)).toEqual(["row 2, column USUBJID: the subject is named in an earlier row"]);
});

test("a length counts characters, not code units or bytes", async () => {
  expect(await whereOf(put(1, "SEX", "😀"))).toEqual([]);
  expect(await whereOf(put(1, "SEX", "é"))).toEqual([]);
  expect(await whereOf(put(1, "SEX", "e\u0301"))).toEqual(["row 1, column SEX: longer than the column allows"]);
});

test("partial dates are dates", async () => {
  for (const date of ["2031", "2031-02", "2031-02-28", "2031---15", "--12-15", "2031-02-28T10", "2031-02-28T10:30:15.5Z", "2031-02-28T-:30", ""])
    expect(await whereOf(put(1, "RFSTDTC", date)), date).toEqual([]);
});

test.each<readonly [what: string, change: (copy: File11) => void]>([
  [
    "a wrong number of records",
    (copy) => {
      copy.records = 5;
    },
  ],
  [
    "a row that is too short",
    (copy) => {
      copy.rows[1]?.pop();
    },
  ],
  [
    "a row that is no list",
    (copy) => {
      (copy.rows as unknown[])[1] = { a: 1 };
    },
  ],
  [
    "no SITEID",
    (copy) => {
      copy.columns.splice(at(copy, "SITEID"), 1);
    },
  ],
  [
    "SITEID as a number",
    (copy) => {
      const column = copy.columns[at(copy, "SITEID")];
      if (column !== undefined) column["dataType"] = "integer";
    },
  ],
  [
    "a column twice",
    (copy) => {
      const column = copy.columns[at(copy, "SEX")];
      if (column !== undefined) column["name"] = "RACE";
    },
  ],
  [
    "a column of no known type",
    (copy) => {
      const column = copy.columns[0];
      if (column !== undefined) column["dataType"] = "blob";
    },
  ],
  [
    "a member that the standard doesn't have",
    (copy) => {
      copy["extra"] = 1;
    },
  ],
  [
    "a version that isn't read",
    (copy) => {
      copy["datasetJSONVersion"] = "2.0";
    },
  ],
  [
    "a name that is no domain",
    (copy) => {
      copy["name"] = "dm; drop";
    },
  ],
  [
    "no columns",
    (copy) => {
      copy.columns = [];
    },
  ],
])("a dataset with %s is refused", async (_, change) => {
  expect((await whereOf(file(change))).length).toBeGreaterThan(0);
});

test("a refusal names every place up to 50, and no value", async () => {
  const canary = "CANARY-71ac";
  const text = file((copy) => {
    copy.rows = Array.from({ length: 200 }, () => (copy.rows[0] ?? []).map(() => ({ [canary]: canary })));
    copy.records = 200;
  });
  const where = await whereOf(text);
  expect(where).toHaveLength(50);
  expect(where.join()).not.toContain("71ac");
  for (const change of [
    put(1, "AGE", canary),
    put(1, "SEX", canary),
    put(1, "SITEID", ` ${canary}`),
    file((copy) => {
      copy[canary] = canary;
    }),
    file((copy) => {
      copy["name"] = canary;
    }),
  ]) {
    expect((await whereOf(change)).length).toBeGreaterThan(0);
    expect((await whereOf(change)).join()).not.toContain("71ac");
  }
});
