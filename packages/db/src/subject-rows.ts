import type { Classification, FieldRow, SubjectRow } from "@sallyport/phi";

/** A subject as a statement reads it. */
export interface StoredSubject {
  readonly id: string;
  readonly study: string;
  readonly site: string;
  readonly label: string;
  readonly wrapped: string;
  readonly key_version: number;
  readonly withdrawn_at_ms: string | null;
}

/** A subject's row as it is read. */
export const subjectOf = (row: StoredSubject): SubjectRow => ({
  id: row.id,
  study: row.study,
  site: row.site,
  label: row.label,
  wrapped: row.wrapped,
  keyVersion: row.key_version,
  withdrawnAtMs: row.withdrawn_at_ms === null ? null : Number(row.withdrawn_at_ms),
});

/** Reads fields that came as lines of tab-separated columns: domain, record, version, name, classification, sealed. */
export function fieldsOf(subject: string, lines: string | null): readonly FieldRow[] {
  if (lines === null || lines === "") return [];
  return lines.split("\n").map((line) => {
    const [domain = "", record = "", version = "", name = "", classification = "", sealed = ""] = line.split("\t");
    return { subject, domain, record, version: Number(version), name, classification: classification as Classification, sealed };
  });
}
