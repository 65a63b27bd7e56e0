/** A value of a dataset's cell. `null` is "not given"; an empty text is a text. */
export type FieldValue = string | number | boolean | null;

/** The physical types of Dataset-JSON 1.0 and 1.1. */
export const DATA_TYPES = ["string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** A variable as the file defines it. */
export interface Column {
  readonly name: string;
  readonly label: string;
  readonly type: DataType;
  /** In characters (code points), for texts; null where the file names none. */
  readonly length: number | null;
  /** Position in the record's key, from 1; null where the variable is not part of it. */
  readonly key: number | null;
}

/** One dataset, validated against its own column definitions. Row `n` of the file is `rows[n - 1]`. */
export interface Dataset {
  readonly standardVersion: "1.0" | "1.1";
  /** The domain: `DM`, `AE`, … */
  readonly name: string;
  readonly label: string;
  /** As the file says; the study itself is {@link studyOf}. */
  readonly studyOid: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly FieldValue[])[];
}

/** The cells of one variable, in order of rows; empty where there is no such variable. */
export function cellsOf(dataset: Dataset, variable: string): readonly FieldValue[] {
  const index = dataset.columns.findIndex(({ name }) => name === variable);
  return index < 0 ? [] : dataset.rows.map((row) => row[index] ?? null);
}

/** The study that every row names (STUDYID), or null for a dataset without rows. */
export function studyOf(dataset: Dataset): string | null {
  const [study] = cellsOf(dataset, "STUDYID");
  return typeof study === "string" ? study : null;
}

/** The sites that a dataset names (SITEID), each with its number of rows, in order of site; empty for a domain that follows its subjects. */
export function sitesOf(dataset: Dataset): readonly { readonly site: string; readonly rows: number }[] {
  const counts = new Map<string, number>();
  for (const site of cellsOf(dataset, "SITEID")) if (typeof site === "string") counts.set(site, (counts.get(site) ?? 0) + 1);
  return [...counts].map(([site, rows]) => ({ site, rows })).sort((a, b) => (a.site < b.site ? -1 : 1));
}
