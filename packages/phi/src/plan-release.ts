import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import type { FieldValue } from "./dataset.ts";
import type { DatasetHead } from "./dataset-head.ts";
import { Phi } from "./phi.ts";
import type { CurrentRecord, SubjectRow } from "./ports.ts";
import type { Classifier } from "./profile.ts";
import type { IdentifiedRow } from "./read-rows.ts";
import { encodeField, type FieldView, type PlainField } from "./sealed-record.ts";

/** A record as it is stored now, with its fields as the grant has opened them. */
export interface OpenedRecord extends Omit<CurrentRecord, "fields"> {
  readonly fields: readonly FieldView[];
}

/** A version of a record to be sealed and written, with all its fields. */
export interface PlannedRecord {
  readonly domain: string;
  readonly record: string;
  readonly version: number;
  readonly position: number;
  /** As in {@link PlannedRow}; absent for a first version. */
  readonly changed?: readonly string[];
  readonly fields: readonly PlainField[];
}

/** What a release does with one row. `changed` names the variables whose value or classification differs, or that came or went; never the values. */
export type PlannedRow = { readonly row: number; readonly lookup: string; readonly subject: SubjectRow } & (
  | { readonly outcome: "created"; readonly record: PlannedRecord }
  | { readonly outcome: "updated"; readonly record: PlannedRecord; readonly changed: readonly string[] }
  | { readonly outcome: "unchanged" }
);

/** A row that contradicts where its subject belongs. */
export interface Conflict {
  readonly row: number;
  readonly lookup: string;
}

export interface RowsPlan {
  readonly rows: readonly PlannedRow[];
  readonly conflicts: readonly Conflict[];
  /** The rows that bring something new of a subject that has withdrawn consent: for a release to refuse, or to have stated (ADR 0020). */
  readonly withdrawn: readonly { readonly row: number; readonly subject: string }[];
}

export interface PlanRequest {
  /** A grant for `packet.release` or `packet.inspect` that reaches every site of the packet. */
  readonly grant: Grant;
  readonly packet: string;
  readonly head: Pick<DatasetHead, "name" | "columns" | "isSparse">;
  readonly classifier: Classifier;
  readonly rows: readonly IdentifiedRow[];
  /** The subjects behind the rows' lookups: stored ones, and those that the packet's DM creates. */
  readonly subjects: ReadonlyMap<string, SubjectRow>;
  /** The current versions of the rows' records. */
  readonly current: readonly OpenedRecord[];
}

/**
 * Works out what releasing some rows of a dataset creates, updates and leaves. Nothing is written and nothing is sealed here.
 *
 * A subject is bound to its site at its first release: a row that puts it elsewhere, or whose subject isn't within the grant, is a
 * conflict. Values that differ make a new version of the record with all its fields; old versions stay.
 *
 * @throws SallyportError `policy.denied` where the grant doesn't reach a subject's site; `packet.conflict` for a record that the packet
 * has written already; `phi.integrity` where stored fields are of several versions.
 */
export function planRows(request: PlanRequest): RowsPlan {
  const { grant, packet, head, rows, subjects, classifier } = request;
  grant.assert("packet.release", "packet.inspect");
  const stored = new Map(request.current.map((one) => [`${one.subject} ${one.record}`, one]));
  const planned: PlannedRow[] = [];
  const conflicts: Conflict[] = [];
  for (const { row, lookup, site, record, cells } of rows) {
    const subject = subjects.get(lookup);
    if (subject === undefined || (site !== null && site !== subject.site)) {
      conflicts.push({ row, lookup });
      continue;
    }
    if (!grant.covers(subject)) throw new SallyportError("policy.denied", { rule: grant.rule });
    const before = stored.get(`${subject.id} ${record}`);
    // One version a packet: a row that names a record once more would overwrite what it was to be compared with.
    if (before?.packet === packet) throw new SallyportError("packet.conflict", { where: [`row ${row}: the record was named in an earlier row`] });
    const fields = head.columns.flatMap(({ name }, index): readonly PlainField[] => {
      const value = cells[index] ?? null;
      if (head.isSparse && value === null) return [];
      const classification = classifier.ofValue(head.name, name, value);
      return [{ name, classification, value: new Phi<FieldValue>(value, { site: subject, classification }) }];
    });
    const next = { domain: head.name, record, version: (before?.version ?? 0) + 1, position: row, fields };
    const changed = before === undefined ? [] : difference(grant, before, fields);
    if (before === undefined) planned.push({ row, lookup, subject, outcome: "created", record: next });
    else if (changed.length === 0) planned.push({ row, lookup, subject, outcome: "unchanged" });
    else planned.push({ row, lookup, subject, outcome: "updated", record: { ...next, changed }, changed });
  }
  const withdrawn = planned.flatMap(({ row, subject, outcome }) => (outcome === "unchanged" || subject.withdrawnAtMs === null ? [] : [{ row, subject: subject.id }]));
  return { rows: planned, conflicts, withdrawn };
}

/** The variables in which new fields differ from the stored ones. */
function difference(grant: Grant, { version, fields: stored }: OpenedRecord, fields: readonly PlainField[]): readonly string[] {
  if (stored.some((field) => field.version !== version)) throw new SallyportError("phi.integrity");
  const before = new Map(stored.map((field) => [field.name, field.shown === "open" ? encodeField(field.stored, field.value.open(grant)) : null]));
  const after = new Map(fields.map(({ name, classification, value }) => [name, encodeField(classification, value.open(grant))]));
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}
