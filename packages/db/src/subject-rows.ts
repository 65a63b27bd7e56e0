import { SallyportError } from "@sallyport/errors";
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

/** Whose fields some lines are. */
type VersionOf = Pick<FieldRow, "subject" | "domain" | "record" | "version">;

/** Between the records of one text. */
const RECORD_END = "\f";
const SEPARATORS = /[\t\n\f]/;

/** The fields of one version of a record as they are stored: a line each, in the order of their names. */
export function linesOf(fields: readonly FieldRow[]): string {
  if (fields.some(({ name, sealed }) => SEPARATORS.test(name) || SEPARATORS.test(sealed))) throw new RangeError("a field's name and sealed form have no separator in them");
  return fields
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, classification, sealed }) => `${name}\t${classification}\t${sealed}`)
    .join("\n");
}

/**
 * Reads the stored fields of one version of a record.
 *
 * @throws SallyportError `phi.integrity` where a name is there twice, or not in its place: which of two would be opened is nobody's to choose.
 */
export function fieldsIn({ subject, domain, record, version }: VersionOf, lines: string | null): readonly FieldRow[] {
  if (lines === null || lines === "") return [];
  let before = "";
  return lines.split("\n").map((line) => {
    const [name = "", classification = "", sealed = ""] = line.split("\t");
    if (name <= before) throw new SallyportError("phi.integrity");
    before = name;
    return { subject, domain, record, version, name, classification: classification as Classification, sealed };
  });
}

/** One version of a record as it came, with its place in its file. */
export interface StoredRecord extends VersionOf {
  readonly position: number;
  readonly fields: readonly FieldRow[];
}

/** Reads records that came in one text, each after a line of its own: domain, record, version and position. @throws SallyportError `phi.integrity` */
export function recordsIn(subject: string, text: string | null): readonly StoredRecord[] {
  if (text === null || text === "") return [];
  return text.split(RECORD_END).map((each) => {
    const end = each.indexOf("\n");
    const [domain = "", record = "", version = "", position = ""] = each.slice(0, end).split("\t");
    const of = { subject, domain, record, version: Number(version) };
    return { ...of, position: Number(position), fields: fieldsIn(of, each.slice(end + 1)) };
  });
}

/** Puts fields together by the version of a record that they are of, in the order in which these come. */
export function byVersion(fields: readonly FieldRow[]): ReadonlyMap<string, readonly FieldRow[]> {
  const grouped = new Map<string, FieldRow[]>();
  for (const field of fields) {
    const key = versionKey(field);
    const group = grouped.get(key);
    if (group === undefined) grouped.set(key, [field]);
    else group.push(field);
  }
  return grouped;
}

/** What tells one version of a record from all others. */
const versionKey = ({ subject, domain, record, version }: VersionOf): string => `${subject} ${domain} ${record} ${version}`;
