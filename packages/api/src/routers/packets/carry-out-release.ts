import { setImmediate } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";
import { type PlannedRow, type RowsPlan, type SealedVersion, sealRecord } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "../subjects/subject-place.ts";
import { ahead } from "./ahead.ts";
import { compareRows, type Comparison } from "./compare-rows.ts";
import type { OpenedRows } from "./opened-file.ts";
import { conflictAt, type PreparedRelease, rowsInHand, throwConflicts } from "./prepare-release.ts";
import { otherKeys } from "./read-packet.ts";
import { countStored, type ReleaseTally } from "./release-tally.ts";

/** Rows that are sealed in one go. */
const ROWS_AT_ONCE = 25;

/**
 * Writes what a packet brings, in the caller's transaction, batch by batch: its subjects are locked, what is stored of them is compared
 * with the rows, and what differs is sealed and inserted as a new version. Whatever it throws leaves nothing behind, with its transaction.
 *
 * @throws SallyportError `packet.conflict`, `packet.withdrawn`, `service.busy` where another release is at the same subjects.
 */
export async function carryOutRelease<Tx>(deps: ApiDeps<Tx>, tx: Tx, grant: Grant, release: PreparedRelease, tally: ReleaseTally): Promise<void> {
  const { packet, study, fresh, classifier } = release;
  const comparison = { tx, grant, packet: packet.id, study: study.id, fresh, classifier, how: "lock" } as const;
  const opened = await rowsInHand(deps, grant, release, tx);
  for (const file of opened) {
    await keepKeys(deps, tx, grant, release, file);
    const { name: domain } = file.reader.head;
    const writing = new BatchWriter(deps, tx, grant, packet.id);
    for await (const plan of ahead(comparedBy(deps, comparison, file))) {
      throwConflicts(plan.conflicts.slice(0, 50).map(({ row }) => file.placed(conflictAt(row))));
      for (const { row, subject } of plan.withdrawn) tally.withdrawn(subject, file.placed(`row ${row}: the subject has withdrawn consent`));
      const made = plan.rows.filter(({ lookup, subject }) => fresh.get(lookup)?.id === subject.id);
      if (file.reader.head.binds)
        await deps.subjects.insert(
          tx,
          grant,
          made.map(({ lookup, subject }) => ({ ...subject, lookup })),
        );
      await writing.put(plan.rows);
      const isNew = new Set(made.map(({ subject }) => subject.id));
      for (const row of plan.rows) tally.add(domain, row, isNew.has(row.subject.id));
    }
    await writing.end();
  }
  if (!release.collectedBeforeWithdrawal && tally.withdrawnAt.length > 0) throw new SallyportError("packet.withdrawn", { where: [...tally.withdrawnAt] });
  for (const { reader } of opened) await countStored(deps, tx, grant, study.id, reader.head.name, tally, true);
}

async function* comparedBy<Tx>(deps: ApiDeps<Tx>, comparison: Comparison<Tx>, file: OpenedRows): AsyncGenerator<RowsPlan> {
  for await (const rows of file.rows()) yield await compareRows(deps, comparison, file, rows);
}

async function keepKeys<Tx>(deps: ApiDeps<Tx>, tx: Tx, grant: Grant, { packet, study }: PreparedRelease, { reader: { head, identity }, placed }: OpenedRows): Promise<void> {
  if (head.binds) return;
  const standing = await deps.subjects.keepRecordKeys(tx, grant, packet.id, { study: study.id, domain: head.name, variables: identity });
  if (standing.join() !== identity.join()) throwConflicts([placed(otherKeys(head.name, standing, identity))]);
}

/** Seals batches and inserts them. While the database inserts one, the next is sealed. */
class BatchWriter<Tx> {
  readonly #deps: Pick<ApiDeps<Tx>, "keys" | "subjects">;
  readonly #tx: Tx;
  readonly #grant: Grant;
  readonly #packet: string;
  #sealed: readonly SealedVersion[] = [];

  constructor(deps: Pick<ApiDeps<Tx>, "keys" | "subjects">, tx: Tx, grant: Grant, packet: string) {
    this.#deps = deps;
    this.#tx = tx;
    this.#grant = grant;
    this.#packet = packet;
  }

  /** Seals what changed in these rows, and inserts those of the call before. Rows of one file name a record once, so none waits for another. */
  async put(rows: readonly PlannedRow[]): Promise<void> {
    // Both are waited for, also where one fails: nothing may be sent once the transaction is over.
    const [sealed, inserted] = await Promise.allSettled([this.#seal(rows), this.end()]);
    if (inserted.status === "rejected") throw inserted.reason;
    if (sealed.status === "rejected") throw sealed.reason;
    this.#sealed = sealed.value;
  }

  /** Inserts what is sealed and not yet inserted. */
  async end(): Promise<void> {
    const sealed = this.#sealed;
    this.#sealed = [];
    if (sealed.length === 0) return;
    await this.#deps.subjects.insertVersions(this.#tx, this.#grant, this.#packet, sealed);
  }

  async #seal(rows: readonly PlannedRow[]): Promise<readonly SealedVersion[]> {
    const changed = rows.flatMap((row) => (row.outcome === "unchanged" ? [] : [row]));
    const owners = [...new Map(changed.map(({ subject }) => [subject.id, subject])).values()];
    const opened = await this.#deps.keys.openAll(owners.map((subject) => ({ place: subjectKeyPlace(subject), wrapped: subject.wrapped })));
    const keyOf = new Map(owners.map(({ id }, at) => [id, opened[at]]));
    const sealed: SealedVersion[] = [];
    for (const [at, { subject, record }] of changed.entries()) {
      const key = keyOf.get(subject.id);
      if (key === undefined) throw new SallyportError("keys.unavailable");
      sealed.push(sealRecord(this.#grant, key, subject, record));
      // What else waits has its turn, the insert's next statement among it.
      if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
    }
    return sealed;
  }
}
