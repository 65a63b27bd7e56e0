import { existsSync, readFileSync } from "node:fs";
import { STUDY } from "./dataset.ts";

const folder = new URL("../../../../shared/data/cdisc/", import.meta.url);

/** Whether the CDISC pilot is there to be read. */
export const hasPilot = existsSync(folder);

type Cell = string | number | null;
interface Item {
  readonly name: string;
  keySequence?: number;
}
interface Group {
  records: number;
  items: Item[];
  itemData: Cell[][];
}

/** What a test changes of a dataset, rows and columns as they stand in the file. */
export interface Editing {
  readonly items: Item[];
  readonly rows: Cell[][];
  /** The place of a variable in a row. */
  readonly at: (variable: string) => number;
}

/**
 * A domain of the CDISC pilot in Dataset-JSON 1.0, of sites 701 and 704 alone, as if it were the study of the tests; edited before it is written.
 * The trial's own domains stay as they are.
 */
export function pilot(domain: string, edit: (dataset: Editing) => void = () => undefined): string {
  const file = JSON.parse(readFileSync(new URL(`${domain}.json`, folder), "utf8")) as Record<string, { itemGroupData: Record<string, Group> } | undefined>;
  const data = file["clinicalData"] ?? file["referenceData"];
  const group = Object.values(data?.itemGroupData ?? {})[0];
  if (group === undefined) throw new Error(`no dataset in ${domain}`);
  const at = (variable: string): number => group.items.findIndex(({ name }) => name === variable);
  const usubjid = at("USUBJID");
  const rows = group.itemData.filter((row) => usubjid < 0 || /^01-70[14]-/.test(String(row[usubjid])));
  for (const row of rows) row[at("STUDYID")] = STUDY;
  edit({ items: group.items, rows, at });
  group.itemData = rows;
  group.records = rows.length;
  return JSON.stringify(file);
}
