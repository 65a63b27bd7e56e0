import type { PlannedRow, RecordCounts, ReleaseCounts, SubjectCounts } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";

const WHERE_MAX = 50;

type Outcome = PlannedRow["outcome"];
interface Counted {
  created: number;
  updated: number;
  unchanged: number;
}

const none = (): Counted => ({ created: 0, updated: 0, unchanged: 0 });
const sumOf = (counts: Iterable<Counted>): Counted => {
  const sum = none();
  for (const each of counts) {
    sum.created += each.created;
    sum.updated += each.updated;
    sum.unchanged += each.unchanged;
  }
  return sum;
};

/** Counts what a release does, row by row: its subjects and records, by site. */
export class ReleaseTally {
  /** By site, what happens to each subject. A few bytes a subject are all that is kept of a row. */
  readonly #subjects = new Map<string, Map<string, Outcome>>();
  /** By domain, by site. */
  readonly #records = new Map<string, Map<string, Counted>>();
  readonly #absent = new Map<string, number>();
  readonly #withdrawn = new Set<string>();
  readonly #withdrawnAt: string[] = [];

  /** `isNew` where the subject itself is made by this packet. */
  add(domain: string, { outcome, subject }: Pick<PlannedRow, "outcome" | "subject">, isNew: boolean): void {
    const records = kept(
      kept(this.#records, domain, () => new Map<string, Counted>()),
      subject.site,
      none,
    );
    records[outcome] += 1;
    const subjects = kept(this.#subjects, subject.site, () => new Map<string, Outcome>());
    const before = subjects.get(subject.id) ?? "unchanged";
    subjects.set(subject.id, isNew || before === "created" ? "created" : outcome === "unchanged" ? before : "updated");
  }

  /** Takes in how many records of a domain a site has: what of them the packet doesn't name is absent. `isWritten` where they include the created ones. */
  stored(domain: string, site: string, count: number, isWritten: boolean): void {
    const { created, updated, unchanged } = this.#records.get(domain)?.get(site) ?? none();
    this.#absent.set(site, (this.#absent.get(site) ?? 0) + Math.max(0, count - updated - unchanged - (isWritten ? created : 0)));
  }

  /** Takes in a row that brings something new of a subject that has withdrawn consent. */
  withdrawn(subject: string, where: string): void {
    this.#withdrawn.add(subject);
    if (this.#withdrawnAt.length < WHERE_MAX) this.#withdrawnAt.push(where);
  }

  /** The first of those rows, by their places. */
  get withdrawnAt(): readonly string[] {
    return this.#withdrawnAt;
  }

  /** How many such subjects there are. */
  get withdrawnSubjects(): number {
    return this.#withdrawn.size;
  }

  get sites(): readonly string[] {
    return [...new Set([...this.#subjects.keys(), ...this.#absent.keys()])].toSorted((a, b) => (a < b ? -1 : 1));
  }

  at(site: string): ReleaseCounts {
    return {
      subjects: this.#subjectsAt(site),
      records: { ...sumOf([...this.#records.values()].map((bySite) => bySite.get(site) ?? none())), absent: this.#absent.get(site) ?? 0 },
    };
  }

  get total(): ReleaseCounts {
    const each = this.sites.map((site) => this.at(site));
    const records: RecordCounts = { ...sumOf(each.map((one) => one.records)), absent: each.reduce((sum, one) => sum + one.records.absent, 0) };
    return { subjects: sumOf(each.map((one) => one.subjects)), records };
  }

  /** Whether everything is stored equal already. */
  get isEqual(): boolean {
    const { records } = this.total;
    return records.created === 0 && records.updated === 0;
  }

  #subjectsAt(site: string): SubjectCounts {
    const counts = none();
    for (const outcome of this.#subjects.get(site)?.values() ?? []) counts[outcome] += 1;
    return counts;
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Counts what is stored of a domain at the grant's sites; see {@link ReleaseTally.stored}. */
export async function countStored<Tx>(
  { subjects }: Pick<ApiDeps<Tx>, "subjects">,
  tx: Tx,
  grant: Grant,
  study: string,
  domain: string,
  tally: ReleaseTally,
  isWritten: boolean,
): Promise<void> {
  for (const [site, count] of await subjects.countRecords(tx, grant, study, domain)) tally.stored(domain, site, count, isWritten);
}
