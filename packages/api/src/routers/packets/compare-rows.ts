import { SallyportError } from "@sallyport/errors";
import { type Classifier, type CurrentRecord, type IdentifiedRow, openFields, type OpenedRecord, planRows, type RowsPlan, type SubjectRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "../subjects/subject-place.ts";
import type { OpenedRows } from "./opened-file.ts";

const LOOKS_MAX = 3;

/** Where a comparison stands: the transaction that reads, and the subjects that the packet itself makes. */
export interface Comparison<Tx> {
  readonly tx: Tx;
  readonly grant: Grant;
  readonly packet: string;
  readonly study: string;
  /** Subjects that aren't stored yet, by lookup. */
  readonly fresh: ReadonlyMap<string, SubjectRow>;
  readonly classifier: Classifier;
  /** `lock` where what is compared will be written over. */
  readonly how: "look" | "lock";
}

/** Compares a batch of rows with what is stored now: what releasing them would do. */
export async function compareRows<Tx>(
  deps: Pick<ApiDeps<Tx>, "subjects" | "keys">,
  { tx, grant, packet, study, fresh, classifier, how }: Comparison<Tx>,
  { reader: { head } }: Pick<OpenedRows, "reader">,
  rows: readonly IdentifiedRow[],
): Promise<RowsPlan> {
  const lookups = [...new Set(rows.map(({ lookup }) => lookup))];
  const look = async () => {
    const found = new Map((await deps.subjects.find(tx, grant, study, lookups, how)).map(({ lookup, subject }) => [lookup, subject]));
    const asked = rows.flatMap(({ lookup, record }) => {
      const subject = found.get(lookup);
      return subject === undefined ? [] : [{ subject: subject.id, record }];
    });
    return { found, current: asked.length === 0 ? [] : await deps.subjects.current(tx, grant, head.name, asked) };
  };
  let { found, current } = await look();
  // Subjects and their records are two looks: where a subject was sealed anew in between, both are taken again. What names a key that never was doesn't open.
  for (let again = 0; again < LOOKS_MAX && !isOfOneMoment([...found.values()], current); again += 1) ({ found, current } = await look());
  const opened = await openRecords(deps, grant, classifier, [...found.values()], current);
  const subjects = new Map(lookups.flatMap((lookup) => entryOf(lookup, found.get(lookup) ?? fresh.get(lookup))));
  return planRows({ grant, packet, head, classifier, rows, subjects, current: opened });
}

/** Whether each record was sealed under the key that its subject was found with. */
function isOfOneMoment(subjects: readonly SubjectRow[], current: readonly CurrentRecord[]): boolean {
  const keys = new Map(subjects.map(({ id, keyVersion }) => [id, keyVersion]));
  return current.every(({ subject, fields }) => fields.every(({ sealed }) => Number(/^sp1\.sub_[0-9a-z]+-(\d+)\./.exec(sealed)?.[1] ?? 0) <= (keys.get(subject) ?? 0)));
}

const entryOf = (lookup: string, subject: SubjectRow | undefined): readonly (readonly [string, SubjectRow])[] => (subject === undefined ? [] : [[lookup, subject]]);

/** Opens stored records under the data keys of their subjects. */
async function openRecords<Tx>(
  { keys }: Pick<ApiDeps<Tx>, "keys">,
  grant: Grant,
  classifier: Classifier,
  found: readonly SubjectRow[],
  current: readonly CurrentRecord[],
): Promise<readonly OpenedRecord[]> {
  const named = new Set(current.map(({ subject }) => subject));
  const subjects = found.filter(({ id }) => named.has(id));
  const opened = await keys.openAll(subjects.map((subject) => ({ place: subjectKeyPlace(subject), wrapped: subject.wrapped })));
  const byId = new Map(subjects.map((subject, at) => [subject.id, { subject, key: opened[at] }]));
  return current.map(({ fields, ...record }) => {
    const of = byId.get(record.subject);
    if (of?.key === undefined) throw new SallyportError("keys.unavailable");
    return { ...record, fields: openFields(grant, of.key, of.subject, fields, classifier) };
  });
}
