import { SallyportError } from "@sallyport/errors";
import { DatasetFaults, type DatasetHead, type IdentifiedRow, type PacketFileRow } from "@sallyport/phi";
import { type Grant, type SiteRef, siteKey } from "@sallyport/policy";
import type { Reach } from "../../boundary/still-live.ts";
import type { ApiDeps } from "../../ports.ts";
import { type OpenedFile, openRows, type OpenedRows } from "./opened-file.ts";

/** What a packet is found to be: counts, and where it belongs. */
export interface ReadPacket {
  /** In the order sent. */
  readonly files: readonly PacketFileRow[];
  /** The files' own, in the order in which they are read, joined by `+`. */
  readonly dataset: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  /** Every site that the packet speaks of. Null is one that isn't registered, or isn't the caller's to know of. */
  readonly sites: readonly (SiteRef | null)[];
  /** Rows by `study/site`. */
  readonly rowsAt: ReadonlyMap<string, number>;
  /** Where a row names a site that the caller can't bring data for, whether it is another's or nobody's. */
  readonly elsewhere: readonly string[];
}

const UPLOAD = { action: "packet.upload", resource: "packet" } as const;
const NOWHERE: ReadPacket = { files: [], dataset: "-", format: "-", rows: 0, bytes: 0, sites: [null], rowsAt: new Map(), elsewhere: [] };
const ELSEWHERE = "not a site that you can bring data for";
const FOREIGN = "not a subject that you can bring data for; DM goes first";

/**
 * Reads a packet's files whole and says where they belong, before anything is decided: DM by the sites that its rows name, every other
 * domain by where its subjects are stored, or by the packet's own DM.
 *
 * A row about a subject that isn't stored and one about a subject out of the caller's reach end alike.
 *
 * @throws SallyportError `packet.invalid` with up to 50 places; what the look-ups throw.
 */
export async function readPacket<Tx>(
  deps: Pick<ApiDeps<Tx>, "studies" | "profiles" | "subjects" | "referenceKeys" | "read">,
  { files, study: id, reach }: { readonly files: readonly OpenedFile[]; readonly study: string; readonly reach: Reach },
): Promise<ReadPacket> {
  const study = (await deps.studies.all()).find((each) => each.id === id);
  const grant = study === undefined ? null : reach(UPLOAD, { kind: "any", sites: study.sites.map((site) => ({ study: id, site: site.id })) });
  if (study === undefined || grant === null) return NOWHERE;
  const { lookup } = await deps.referenceKeys();
  const opened = await openRows(files, study, lookup.key, deps.profiles.of(id).profile);
  const registered = new Set(study.sites.map((site) => site.id));
  const check = new PacketCheck(deps, { study: id, registered }, grant);
  for (const file of opened) await check.file(file);
  check.faults.throwIfAny();
  if (check.rowsAt.size === 0) throw new SallyportError("packet.invalid", { where: ["rows: none"] });
  return {
    files: opened
      .map(({ n, bytes, reader: { head } }) => ({ n, bytes, dataset: head.name, format: formatOf(head), rows: head.records, document: null }))
      .toSorted((a, b) => a.n - b.n),
    dataset: opened.map(({ reader }) => reader.head.name).join("+"),
    format: [...new Set(opened.map(({ reader }) => formatOf(reader.head)))].join("+"),
    rows: opened.reduce((sum, { reader }) => sum + reader.head.records, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    sites: [...check.rowsAt.keys()].toSorted((a, b) => (a < b ? -1 : 1)).map((site) => (registered.has(site) ? { study: id, site } : null)),
    rowsAt: new Map([...check.rowsAt].map(([site, rows]) => [siteKey({ study: id, site }), rows])),
    elsewhere: check.elsewhere.places,
  };
}

/** What has to hold of all files of a packet together. */
class PacketCheck<Tx> {
  readonly faults = new DatasetFaults();
  readonly elsewhere = new DatasetFaults();
  /** Rows by site, as the packet itself and our own records put them. */
  readonly rowsAt = new Map<string, number>();
  readonly #deps: Pick<ApiDeps<Tx>, "subjects" | "read">;
  readonly #study: string;
  readonly #registered: ReadonlySet<string>;
  readonly #grant: Grant;
  /** The sites of the packet's own DM, by lookup. */
  readonly #brought = new Map<string, string>();

  constructor(deps: Pick<ApiDeps<Tx>, "subjects" | "read">, { study, registered }: { readonly study: string; readonly registered: ReadonlySet<string> }, grant: Grant) {
    this.#deps = deps;
    this.#study = study;
    this.#registered = registered;
    this.#grant = grant;
  }

  async file(file: OpenedRows): Promise<void> {
    const { reader, placed } = file;
    await this.#assertSameKeys(file);
    for await (const batch of file.rows()) {
      if (reader.head.binds) for (const row of batch) this.#bring(row, file);
      else await this.#follow(batch, placed);
      if (this.faults.isFull) break;
    }
    for (const where of reader.studyFaults.places) this.faults.put(placed(where));
  }

  #bring({ row, lookup, site }: IdentifiedRow, { reader: { head }, placed }: OpenedRows): void {
    if (site === null) return;
    if (!this.#registered.has(site) || !this.#grant.covers({ study: this.#study, site }))
      this.elsewhere.put(placed(`row ${row}${head.standardVersion === "R4" ? "" : ", column SITEID"}: ${ELSEWHERE}`));
    this.#brought.set(lookup, site);
    this.#count(site);
  }

  async #follow(batch: readonly IdentifiedRow[], placed: OpenedRows["placed"]): Promise<void> {
    const unknown = [...new Set(batch.map(({ lookup }) => lookup))].filter((lookup) => !this.#brought.has(lookup));
    const stored = unknown.length === 0 ? new Map<string, string>() : await this.#deps.subjects.sitesByLookup(this.#study, unknown);
    for (const { row, lookup, site } of batch) {
      const own = this.#brought.get(lookup);
      const owner = own ?? stored.get(lookup);
      if (owner === undefined || (own === undefined && !this.#grant.covers({ study: this.#study, site: owner }))) {
        this.faults.put(placed(`row ${row}, column USUBJID: ${FOREIGN}`));
        continue;
      }
      if (site !== null && site !== owner) this.faults.put(placed(`row ${row}, column SITEID: not the subject's site`));
      this.#count(owner);
    }
  }

  /** Once a domain was released, its records are told apart in the same way ever after. */
  async #assertSameKeys({ reader: { head, identity }, placed }: OpenedRows): Promise<void> {
    if (head.binds) return;
    const standing = await this.#deps.read((tx) => this.#deps.subjects.recordKeys(tx, this.#study, head.name));
    if (standing !== null && standing.join() !== identity.join()) this.faults.put(placed(otherKeys(head.name, standing, identity)));
  }

  #count(site: string): void {
    this.rowsAt.set(site, (this.rowsAt.get(site) ?? 0) + 1);
  }
}

/** A file's format as packets name it. */
export const formatOf = ({ standardVersion, format }: DatasetHead): string =>
  `${standardVersion === "R4" ? "fhir" : "dataset-json"}/${standardVersion}${format === "ndjson" ? "/ndjson" : ""}`;

/** Says which variables told a domain's records apart so far, and which do here. */
export const otherKeys = (domain: string, standing: readonly string[], identity: readonly string[]): string =>
  `columns: a subject's records of ${domain} are told apart by ${listed(standing)} since its first release, here by ${listed(identity)}`;

const listed = (variables: readonly string[]): string => (variables.length === 0 ? "nothing, being one" : variables.join(", "));
