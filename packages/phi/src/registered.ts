import { cellsOf, type Dataset, sitesOf, studyOf } from "./dataset.ts";
import { DatasetFaults } from "./dataset-faults.ts";
import type { StudyRow } from "./ports.ts";
import { classify, type Classified, type Profile } from "./profile.ts";

/** What a dataset is, without any value of it. */
export interface DatasetSummary {
  readonly domain: string;
  /** Null for a dataset without rows. */
  readonly study: string | null;
  readonly sites: readonly { readonly site: string; readonly rows: number }[];
  readonly rows: number;
  readonly variables: readonly (Classified & { readonly name: string })[];
}

/** Describes a dataset by what may be said of it before anybody has released it. */
export const summaryOf = (dataset: Dataset, profile: Profile): DatasetSummary => ({
  domain: dataset.name,
  study: studyOf(dataset),
  sites: sitesOf(dataset),
  rows: dataset.rows.length,
  variables: dataset.columns.map(({ name }) => ({ name, ...classify(profile, dataset.name, name) })),
});

/**
 * Throws unless every row is of this study and of a site that is registered for it: sites are ours, not the file's.
 *
 * @throws SallyportError `packet.invalid` with up to 50 rows.
 */
export function assertRegistered(dataset: Dataset, study: Pick<StudyRow, "id" | "sites">): void {
  const faults = new DatasetFaults();
  const sites = new Set(study.sites.map(({ id }) => id));
  for (const [index, id] of cellsOf(dataset, "STUDYID").entries()) if (id !== study.id) faults.add(`row ${index + 1}, column STUDYID`, "not the study of this packet");
  for (const [index, id] of cellsOf(dataset, "SITEID").entries())
    if (typeof id !== "string" || !sites.has(id)) faults.add(`row ${index + 1}, column SITEID`, "not a site of this study");
  faults.throwIfAny();
}
