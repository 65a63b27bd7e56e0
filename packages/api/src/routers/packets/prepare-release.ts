import { type DataKey, newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type Classifier, DatasetFaults, type IdentifiedRow, labelOf, type PacketRow, type StudyRow, type SubjectRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "../subjects/subject-place.ts";
import { type OpenedRows, openRows } from "./opened-file.ts";
import { packetKeyPlace } from "./packet-place.ts";
import { storedFiles } from "./stored-files.ts";

/** A packet that can be read again: its key, its study, and the key that finds subjects. */
export interface PacketInHand {
  readonly packet: PacketRow;
  readonly study: StudyRow;
  readonly key: DataKey;
  readonly lookupKey: DataKey;
  /** The study's profile as it was in force when the packet was taken in hand: the whole packet goes by it. */
  readonly classifier: Classifier;
}

/** What a release needs before its transaction begins. */
export interface PreparedRelease extends PacketInHand {
  /** The subjects that the packet makes, with their keys, by lookup. */
  readonly fresh: ReadonlyMap<string, SubjectRow>;
  /** Whether the releasing person states that what comes for withdrawn subjects was collected before they withdrew (ADR 0020). */
  readonly collectedBeforeWithdrawal: boolean;
}

/** Takes a quarantined packet in hand. @throws SallyportError `policy.denied`, `packet.state`. */
export async function takeInHand<Tx>(deps: ApiDeps<Tx>, grant: Grant, packetId: string): Promise<PacketInHand> {
  const packet = await deps.packets.get(grant, packetId);
  if (packet === null) throw new SallyportError("policy.denied");
  if (packet.state !== "quarantined") throw new SallyportError("packet.state");
  const study = (await deps.studies.all()).find(({ id }) => id === packet.study);
  if (study === undefined) throw new SallyportError("policy.denied");
  const key = await deps.keys.open(packetKeyPlace(packet), packet.wrapped);
  return { packet, study, key, lookupKey: (await deps.referenceKeys()).lookup, classifier: deps.profiles.of(study.id) };
}

/** Opens the rows of a packet in hand, its chunks asked for through a transaction of the caller's, or through short ones of their own. */
export const rowsInHand = <Tx>(deps: ApiDeps<Tx>, grant: Grant, { packet, study, key, lookupKey, classifier }: PacketInHand, tx?: Tx): Promise<readonly OpenedRows[]> =>
  openRows(
    storedFiles(packet, key, (part) =>
      tx === undefined ? deps.read((own) => deps.packets.chunks(own, grant, packet.id, part)) : deps.packets.chunks(tx, grant, packet.id, part),
    ).filter(({ n }) => packet.files.some((file) => file.n === n && file.document === null)),
    study,
    lookupKey.key,
    classifier.profile,
  );

/**
 * Reads a packet for its subjects: the new ones get their keys, and the keys of the others are fetched, before any transaction begins. Nothing is written.
 *
 * @throws SallyportError `packet.conflict` with the rows whose subject belongs elsewhere.
 */
export async function prepareRelease<Tx>(deps: ApiDeps<Tx>, grant: Grant, packetId: string, collectedBeforeWithdrawal: boolean): Promise<PreparedRelease> {
  const inHand = await takeInHand(deps, grant, packetId);
  const faults = new DatasetFaults();
  const conflicts = new DatasetFaults();
  const subjects = new PacketSubjects(deps, grant, inHand.study.id);
  for (const file of await rowsInHand(deps, grant, inHand)) {
    for await (const rows of file.rows()) {
      for (const row of await subjects.meet(rows, file.reader.head.binds)) conflicts.put(file.placed(conflictAt(row)));
      if (conflicts.isFull) break;
    }
    for (const where of [...file.reader.studyFaults.places, ...file.reader.siteFaults.places]) faults.put(file.placed(where));
  }
  await subjects.made();
  faults.throwIfAny();
  throwConflicts(conflicts.places);
  return { ...inHand, fresh: subjects.fresh, collectedBeforeWithdrawal };
}

/** A row that a release stumbles over. It names no other site. */
export const conflictAt = (row: number): string => `row ${row}: the subject belongs to another site`;

export function throwConflicts(where: readonly string[]): void {
  if (where.length > 0) throw new SallyportError("packet.conflict", { where: [...where] });
}

/** The subjects that a packet speaks of, as they are met. */
class PacketSubjects<Tx> {
  readonly fresh = new Map<string, SubjectRow>();
  readonly #met = new Set<string>();
  /** The keys that are being made: the next subjects are looked for meanwhile. */
  #making: Promise<void> = Promise.resolve();
  readonly #deps: ApiDeps<Tx>;
  readonly #grant: Grant;
  readonly #study: string;

  constructor(deps: ApiDeps<Tx>, grant: Grant, study: string) {
    this.#deps = deps;
    this.#grant = grant;
    this.#study = study;
  }

  /** Meets the subjects of some rows; answers the rows of those that belong elsewhere. */
  async meet(rows: readonly IdentifiedRow[], binds: boolean): Promise<readonly number[]> {
    const unmet = new Map(rows.flatMap((row) => (this.#met.has(row.lookup) ? [] : [[row.lookup, row] as const])));
    if (unmet.size === 0) return [];
    const placed = await this.#placed([...unmet.keys()]);
    // Whether they are stored at a site that this grant doesn't reach, or not at all.
    const unplaced = [...unmet.keys()].filter((lookup) => !placed.has(lookup));
    const elsewhere = unplaced.length === 0 ? new Map<string, string>() : await this.#deps.subjects.sitesByLookup(this.#study, unplaced);
    // What another release has stored between the two looks is where it belongs.
    if (elsewhere.size > 0) for (const [lookup, site] of await this.#placed([...elsewhere.keys()])) placed.set(lookup, site);
    const conflicts = [...placed].flatMap(([lookup, site]) => {
      const row = unmet.get(lookup);
      return row === undefined || row.site === null || row.site === site ? [] : [row.row];
    });
    for (const lookup of placed.keys()) unmet.delete(lookup);
    const isNew = ({ lookup, site }: IdentifiedRow): boolean => binds && site !== null && !elsewhere.has(lookup);
    await this.#making;
    this.#making = this.#make([...unmet.values()].filter(isNew));
    // Until it is awaited, its failure is nobody's.
    this.#making.catch(() => undefined);
    for (const row of rows) this.#met.add(row.lookup);
    return [...conflicts, ...[...unmet.values()].filter((row) => !isNew(row)).map(({ row }) => row)];
  }

  /** The sites of those that the grant reaches, by lookup; their keys are fetched. */
  async #placed(lookups: readonly string[]): Promise<Map<string, string>> {
    const found = await this.#deps.read((tx) => this.#deps.subjects.find(tx, this.#grant, this.#study, lookups, "look"));
    await this.#deps.keys.openAll(found.map(({ subject }) => ({ place: subjectKeyPlace(subject), wrapped: subject.wrapped })));
    return new Map(found.map(({ lookup, subject }) => [lookup, subject.site]));
  }

  /** Settles when every subject that was met has its key. */
  async made(): Promise<void> {
    await this.#making;
  }

  async #make(rows: readonly IdentifiedRow[]): Promise<void> {
    const made = rows.map(({ lookup, site }) => ({ lookup, id: newId("sub"), study: this.#study, site: site ?? "" }));
    if (!made.every((subject) => this.#grant.covers(subject))) throw new SallyportError("policy.denied", { rule: this.#grant.rule });
    const keys = await this.#deps.keys.create(made.map(subjectKeyPlace));
    for (const [at, { lookup, ...subject }] of made.entries())
      this.fresh.set(lookup, { ...subject, label: labelOf(subject.id), wrapped: keys[at]?.wrapped ?? "", keyVersion: 1, withdrawnAtMs: null });
  }
}
