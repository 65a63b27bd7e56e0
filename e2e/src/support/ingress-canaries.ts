import { canaries, seededBytes } from "@sallyport/testkit";
import { PILOT } from "./pilot-study.ts";

const SUBJECTS = 20;
const draw = seededBytes("ingress canaries");
const digits = (n: number): string => Array.from(draw(n), (byte) => 1 + (byte % 9)).join("");
const of = <T>(n: number, make: () => T): readonly T[] => Array.from({ length: n }, make);

/** Texts of all kinds that a site sends: identifiers, arms, free text; names of files, of deliveries; reasons; what stands in faults. */
const WORDS = canaries(120, "ingress");
/** Moments that nobody else has. */
const DATES = of(40, () => `2019-07-2${digits(1)}T1${digits(1)}:3${digits(1)}:2${digits(1)}.${digits(9)}`);
/** Numbers that nobody else has, all of them exact in a double. */
const NUMBERS = of(40, () => digits(15));

/** Two hundred values that stand in what sites send, in every kind of place. */
export const INGRESS: readonly string[] = [...WORDS, ...DATES, ...NUMBERS];

const word = (from: number, n: number): string => WORDS[from + n] ?? "";
/** For what isn't a cell of the two files. */
export const FILE_NAMES: readonly string[] = WORDS.slice(100, 104);
export const DELIVERY: string = word(104, 0);
export const REASONS: readonly string[] = WORDS.slice(105, 110);
export const IN_FAULTS: readonly string[] = WORDS.slice(110);

type Cell = string | number;
const COLUMNS: Readonly<Record<"DM" | "AE", readonly (readonly [name: string, type: "string" | "integer", length: number])[]>> = {
  DM: [
    ["STUDYID", "string", 12],
    ["DOMAIN", "string", 2],
    ["USUBJID", "string", 40],
    ["SUBJID", "string", 40],
    ["RFSTDTC", "string", 40],
    ["RFENDTC", "string", 40],
    ["SITEID", "string", 3],
    ["AGE", "integer", 8],
    ["SEX", "string", 40],
    ["ARMCD", "string", 40],
    ["ARM", "string", 40],
    ["DMDY", "integer", 8],
    ["COUNTRY", "string", 3],
  ],
  AE: [
    ["STUDYID", "string", 12],
    ["DOMAIN", "string", 2],
    ["USUBJID", "string", 40],
    ["AESEQ", "integer", 8],
    ["AETERM", "string", 200],
    ["AESTDTC", "string", 40],
  ],
};

/** The columns of a domain, for what has to be wrong in each of them. */
export const columnsOf = (domain: "DM" | "AE"): readonly string[] => COLUMNS[domain].map(([name]) => name);

function rowsOf(domain: "DM" | "AE", turn: number): readonly (readonly Cell[])[] {
  return of(SUBJECTS, () => 0).map((_, n) => {
    const usubjid = word(0, n);
    const date = DATES[n] ?? "";
    if (domain === "AE") return [PILOT, "AE", usubjid, 1, `${word(80, n)} ${turn}`, date];
    return [
      PILOT,
      "DM",
      usubjid,
      word(20, n),
      date,
      DATES[20 + n] ?? "",
      n % 2 === 0 ? "701" : "702",
      Number(NUMBERS[n]) + turn,
      "F",
      word(40, n),
      word(60, n),
      Number(NUMBERS[20 + n]),
      "USA",
    ];
  });
}

/** One of the two files, in Dataset-JSON 1.1; of another turn, with other values in each record. A cell may be replaced before it is written. */
export function planted(domain: "DM" | "AE", turn: number, change: (row: number, variable: string, value: Cell) => Cell = (_, __, value) => value): string {
  const rows = rowsOf(domain, turn).map((cells, row) => cells.map((value, at) => change(row, COLUMNS[domain][at]?.[0] ?? "", value)));
  return JSON.stringify({
    datasetJSONCreationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.1.0",
    itemGroupOID: `IG.${domain}`,
    records: rows.length,
    name: domain,
    label: domain,
    columns: COLUMNS[domain].map(([name, dataType, length]) => ({ itemOID: `IT.${domain}.${name}`, name, label: name, dataType, ...(dataType === "string" && { length }) })),
    rows,
  });
}
