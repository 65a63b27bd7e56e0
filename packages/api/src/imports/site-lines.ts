import { NewSite, SiteId, StudyId } from "@sallyport/contracts";
import type { ApiDeps } from "../ports.ts";
import { type Column, type Fault, type Problem, readTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { name: "study", form: StudyId },
  { name: "site", form: SiteId },
  { name: "name", form: NewSite.shape.name },
  { name: "country", form: NewSite.shape.country },
];

/** A site that a line asks for. */
export interface SiteLine {
  readonly line: number;
  readonly study: string;
  readonly site: string;
  readonly name: string;
  readonly country: string;
}

/** The sites that a file asks for, each of a study that is registered, or what is wrong with it. */
export async function siteLines<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, csv: string): Promise<{ readonly lines: readonly SiteLine[]; readonly faults: readonly Fault[] }> {
  const table = readTable(csv, COLUMNS);
  const studies = await deps.studies.all();
  const faults: Fault[] = [...table.faults];
  const lines: SiteLine[] = [];
  for (const { line, cells } of table.entries) {
    const { study = "", site = "", name = "", country = "" } = cells;
    const fault = (column: string, problem: Problem): void => void faults.push({ line, column, problem });
    const known = studies.find(({ id }) => id === study);
    if (known === undefined) fault("study", "unknown");
    else if (known.sites.some(({ id }) => id === site)) fault("site", "registered");
    else if (lines.some((earlier) => earlier.study === study && earlier.site === site)) fault("site", "line_twice");
    else lines.push({ line, study, site, name: name.trim(), country });
  }
  return { lines, faults };
}
