import type { OutputOf } from "../api/procedures.ts";
import { domainTitle, partsOf, variableLabel } from "./sdtm-names.ts";

export type Field = OutputOf<"subjects.get">["fields"][number];

/** One field of one record, under the name that its domain gives it. */
export interface NamedField {
  readonly key: string;
  readonly variable: string;
  readonly label: string | null;
  readonly field: Field;
}

interface FieldRecord {
  readonly record: string;
  readonly fields: readonly NamedField[];
}

export interface FieldGroup {
  readonly domain: string;
  readonly title: string;
  readonly records: readonly FieldRecord[];
  readonly masked: number;
}

/** What names one value of a subject: of the current version of its record, or of one that is named. */
export const fieldKey = ({ field, record, version }: Pick<Field, "field" | "record"> & { readonly version?: number }): string =>
  version === undefined ? `${field}/${record}` : `${field}/${record}@${version}`;

const naturally = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/**
 * A subject's fields by domain, demographics first; the records of each as they come, in the order of their file's
 * rows. What is hidden isn't in the answer, so it is nowhere here.
 */
export function groupFields(fields: readonly Field[]): readonly FieldGroup[] {
  const domains = new Map<string, Map<string, NamedField[]>>();
  for (const field of fields) {
    const [domain, variable] = partsOf(field.field);
    const records = domains.get(domain) ?? new Map<string, NamedField[]>();
    domains.set(domain, records);
    records.set(field.record, [...(records.get(field.record) ?? []), { key: fieldKey(field), variable, label: variableLabel(domain, variable), field }]);
  }
  return [...domains]
    .toSorted(([a], [b]) => Number(b === "DM") - Number(a === "DM") || naturally(a, b))
    .map(([domain, records]) => ({
      domain,
      title: domainTitle(domain),
      records: [...records].map(([record, named]) => ({ record, fields: named })),
      masked: [...records.values()].flat().filter(({ field }) => field.state === "masked").length,
    }));
}
