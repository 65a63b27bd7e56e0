import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { syntheticDataset } from "@sallyport/app-host/synthetic-study";
import { ROOT } from "./program.ts";

export const PILOT = "CDISCPILOT01";
const PUBLISHED = join(ROOT, "../shared/data/cdisc/DM.json");

interface DatasetFile {
  readonly clinicalData: { readonly itemGroupData: Readonly<Record<string, { readonly items: readonly { readonly name: string }[]; readonly itemData: (string | number)[][] }>> };
}

/** A dataset as the tests count it: by its own columns. */
export interface DemographicsFile {
  readonly text: string;
  /** Whether it is the published one. */
  readonly isPublished: boolean;
  /** Every value of a variable, row by row. */
  column(name: string): readonly (string | number)[];
}

/** The published demographics of the pilot study; invented ones, of its first three sites, where it is not beside the repository. */
export function pilotDemographics(): DemographicsFile {
  if (existsSync(PUBLISHED)) return demographics(readFileSync(PUBLISHED, "utf8"), true);
  return demographics(inventedDemographics(4), false);
}

/** Demographics of invented subjects for the pilot study's sites 701, 702 and 703. */
export const inventedDemographics = (subjectsPerSite: number): string =>
  syntheticDataset(
    PILOT,
    ["701", "702", "703"].map((id) => ({ id, name: `Site ${id}`, country: "USA" })),
    subjectsPerSite,
  );

/** A dataset of demographics, to be counted. */
export function demographics(text: string, isPublished = false): DemographicsFile {
  const [group] = Object.values((JSON.parse(text) as DatasetFile).clinicalData.itemGroupData);
  const column = (name: string): readonly (string | number)[] => {
    const index = group?.items.findIndex((item) => item.name === name) ?? -1;
    if (group === undefined || index < 0) throw new Error(`there is no column ${name}`);
    return group.itemData.map((row) => row[index] ?? "");
  };
  return { text, isPublished, column };
}

/** The same file with some cells replaced: `change` gets each cell's row (from 0), variable and value. */
export function withCells(text: string, change: (row: number, variable: string, value: string | number) => string | number): string {
  const file = JSON.parse(text) as DatasetFile;
  for (const { items, itemData } of Object.values(file.clinicalData.itemGroupData)) {
    for (const [row, cells] of itemData.entries()) {
      for (const [index, { name }] of items.entries()) {
        const value = cells[index] ?? "";
        const changed = change(row, name, value);
        // What isn't changed stays as it was: a number that is missing is no empty text.
        if (changed !== value) cells[index] = changed;
      }
    }
  }
  return JSON.stringify(file);
}

/** How often each value occurs, as an object with its keys in order. */
export function tally(values: readonly (string | number)[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
