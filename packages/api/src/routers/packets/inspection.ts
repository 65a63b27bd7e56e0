import type { InspectPacketOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type Conflict, DatasetFaults, type DatasetHead, type IdentifiedRow, type PlannedRow, type SubjectRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { ApiDeps } from "../../ports.ts";
import { compareRows } from "./compare-rows.ts";
import { InspectedFile } from "./inspected-file.ts";
import type { OpenedRows } from "./opened-file.ts";
import { type PacketInHand, rowsInHand } from "./prepare-release.ts";
import { otherKeys } from "./read-packet.ts";
import { countStored, ReleaseTally } from "./release-tally.ts";

type Output = z.input<typeof InspectPacketOutput>;
/** Of its datasets; documents are inspected beside them. */
type Effect = Omit<Output["release"], "documents">;

const DIFFERENCES_MAX = 200;
const ROWS_MAX = 50;

/** What an inspection finds out, file by file; see {@link inspect}. */
export interface Inspected {
  readonly files: Output["files"];
  readonly release: Effect;
}

/**
 * Reads a packet as a release would and compares it with what is stored now, in short transactions that only read. Nothing is kept of its
 * rows but counts, the preview, and the first differences; of a stored value it is told only whether it differs.
 *
 * @param mayKnow - Whether the caller may know of a site of the packet's study.
 */
export async function inspect<Tx>(deps: ApiDeps<Tx>, grant: Grant, inHand: PacketInHand, mayKnow: (site: string) => boolean): Promise<Inspected> {
  const walk = new Walk(deps, grant, inHand, mayKnow);
  try {
    const opened = await rowsInHand(deps, grant, inHand);
    for (const file of opened) await walk.file(file);
    for (const { reader } of opened) await deps.read((tx) => countStored(deps, tx, grant, inHand.study.id, reader.head.name, walk.tally, false));
  } catch (error) {
    // What was right when it was brought in, and isn't to this version's reader: its places say where.
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    walk.unreadable(error);
  }
  return walk.found();
}

class Walk<Tx> {
  readonly tally = new ReleaseTally();
  readonly #deps: ApiDeps<Tx>;
  readonly #grant: Grant;
  readonly #inHand: PacketInHand;
  readonly #mayKnow: (site: string) => boolean;
  readonly #files: InspectedFile[] = [];
  /** Subjects that the packet would make, by lookup. */
  readonly #fresh = new Map<string, SubjectRow>();
  readonly #differences: Effect["differences"] = [];
  readonly #conflicts: Effect["conflicts"] = [];
  readonly #withdrawn: Effect["withdrawn"] = [];

  constructor(deps: ApiDeps<Tx>, grant: Grant, inHand: PacketInHand, mayKnow: (site: string) => boolean) {
    this.#deps = deps;
    this.#grant = grant;
    this.#inHand = inHand;
    this.#mayKnow = mayKnow;
  }

  async file(opened: OpenedRows): Promise<void> {
    const { reader } = opened;
    const file = new InspectedFile(this.#grant, this.#inHand.classifier, opened);
    this.#files.push(file);
    const { study } = this.#inHand;
    if (!reader.head.binds) {
      const standing = await this.#deps.read((tx) => this.#deps.subjects.recordKeys(tx, study.id, reader.head.name));
      if (standing !== null && standing.join() !== reader.identity.join()) file.identityFaults.put(otherKeys(reader.head.name, standing, reader.identity));
    }
    for await (const rows of opened.rows()) await this.#batch(opened, file, rows);
  }

  /** Puts a reader's refusal where a release would meet it. */
  unreadable(error: SallyportError): void {
    const faults = new DatasetFaults();
    for (const where of (error.context["where"] as readonly unknown[] | undefined) ?? []) faults.put(String(where));
    const last = this.#files.at(-1);
    if (last !== undefined) last.structureFaults = faults;
    else for (const row of this.#inHand.packet.files) this.#files.push(InspectedFile.unread(this.#grant, this.#inHand.classifier, row, faults));
  }

  found(): Inspected {
    const files = this.#files.map((file) => file.shown()).toSorted((a, b) => a.n - b.n);
    const { tally } = this;
    const sites = tally.sites.map((site) => ({ study: this.#inHand.study.id, site, ...tally.at(site) }));
    const refused = this.#conflicts.length > 0 || files.some(({ checks }) => checks.some(({ passed }) => !passed));
    return {
      files,
      release: { ...tally.total, sites, equal: tally.isEqual, differences: this.#differences, conflicts: this.#conflicts, withdrawn: this.#withdrawn, refused },
    };
  }

  async #batch(opened: OpenedRows, file: InspectedFile, rows: readonly IdentifiedRow[]): Promise<void> {
    file.preview(rows);
    const { study, packet, classifier } = this.#inHand;
    const comparison = { grant: this.#grant, packet: packet.id, study: study.id, fresh: this.#fresh, classifier, how: "look" } as const;
    const plan = await this.#deps.read((tx) => compareRows(this.#deps, { tx, ...comparison }, opened, rows));
    const domain = opened.reader.head.name;
    for (const row of plan.rows) {
      this.tally.add(domain, row, this.#fresh.get(row.lookup)?.id === row.subject.id);
      this.#differ(file.n, domain, row);
    }
    for (const { row } of plan.withdrawn) if (this.#withdrawn.length < ROWS_MAX) this.#withdrawn.push({ n: file.n, row });
    await this.#meet(file, opened.reader.head, plan.conflicts, new Map(rows.map((row) => [row.row, row])));
  }

  #differ(n: number, domain: string, row: PlannedRow): void {
    if (row.outcome !== "updated" || this.#differences.length >= DIFFERENCES_MAX) return;
    const { subject, record, changed } = row;
    this.#differences.push({
      n,
      row: row.row,
      subjectId: subject.id,
      label: subject.label,
      site: subject.site,
      domain,
      record: record.record,
      version: record.version,
      changed: [...changed],
    });
  }

  /** Tells apart why a row met no subject at its site: it is new, it is elsewhere, or it is nowhere. */
  async #meet(
    file: InspectedFile,
    { name: domain, binds }: Pick<DatasetHead, "name" | "binds">,
    conflicts: readonly Conflict[],
    rows: ReadonlyMap<number, IdentifiedRow>,
  ): Promise<void> {
    if (conflicts.length === 0) return;
    const study = this.#inHand.study.id;
    const stored = await this.#deps.subjects.sitesByLookup(study, [...new Set(conflicts.map(({ lookup }) => lookup))]);
    for (const { row, lookup } of conflicts) {
      const at = stored.get(lookup) ?? this.#fresh.get(lookup)?.site;
      const site = rows.get(row)?.site ?? null;
      if (at !== undefined) this.#conflict(file.n, row, at);
      else if (binds && site !== null && this.#grant.covers({ study, site })) this.#make(domain, lookup, site);
      else file.subjectFaults.put(`row ${row}, column USUBJID: not a subject that is stored`);
    }
  }

  #conflict(n: number, row: number, site: string): void {
    if (this.#conflicts.length < ROWS_MAX) this.#conflicts.push({ n, row, site: this.#mayKnow(site) ? { study: this.#inHand.study.id, site } : null });
  }

  #make(domain: string, lookup: string, site: string): void {
    const subject = { id: newId("sub"), study: this.#inHand.study.id, site, label: "-", wrapped: "-", keyVersion: 1, withdrawnAtMs: null };
    this.#fresh.set(lookup, subject);
    this.tally.add(domain, { outcome: "created", subject }, true);
  }
}
