import type { DataKey } from "@sallyport/crypto";
import type { FieldValue } from "./dataset.ts";
import { DatasetFaults, refuse } from "./dataset-faults.ts";
import type { DatasetHead } from "./dataset-head.ts";
import type { DatasetRow } from "./open-dataset.ts";
import type { StudyRow } from "./ports.ts";
import { identityOf, recordIdOf } from "./record-identity.ts";
import { lookupOf } from "./reference.ts";

/** A row with the subject and the record that it speaks of. `site` is what its SITEID says, or null where the dataset has none. */
export interface IdentifiedRow extends DatasetRow {
  readonly lookup: string;
  readonly site: string | null;
  /** `1` in DM, else a keyed digest of what identifies the record. */
  readonly record: string;
}

/**
 * Tells of each row of one dataset which subject and which record it speaks of, and checks what can be checked of a row by itself:
 * its study, and that a site that it names is registered. Faults are kept by row, never with a value.
 */
export class RowReader {
  readonly head: DatasetHead;
  /** The variables that tell records of one subject apart; none in DM, which has one a subject. */
  readonly identity: readonly string[];
  readonly studyFaults = new DatasetFaults();
  readonly siteFaults = new DatasetFaults();
  readonly #study: string;
  readonly #sites: ReadonlySet<string>;
  readonly #lookupKey: DataKey["key"];
  /** The subject of the row before: a file mostly has a subject's rows together. */
  #last: { readonly usubjid: string; readonly lookup: string } | null = null;
  readonly #at: { readonly study: number; readonly usubjid: number; readonly site: number; readonly identity: readonly number[] };

  constructor(head: DatasetHead, study: Pick<StudyRow, "id" | "sites">, lookupKey: DataKey["key"]) {
    const at = (variable: string): number => head.columns.findIndex(({ name }) => name === variable);
    this.head = head;
    this.identity = head.binds ? [] : identityOf(head);
    this.#study = study.id;
    this.#sites = new Set(study.sites.map(({ id }) => id));
    this.#lookupKey = lookupKey;
    this.#at = { study: at("STUDYID"), usubjid: at("USUBJID"), site: at("SITEID"), identity: this.identity.map(at) };
  }

  read(rows: readonly DatasetRow[]): readonly IdentifiedRow[] {
    return rows.map((each) => this.#read(each));
  }

  #read({ row, cells, named: names }: DatasetRow): IdentifiedRow {
    if (names !== undefined) {
      if (!this.#sites.has(names.site)) this.siteFaults.add(`row ${row}`, "names what is not a site of this study");
      return { row, cells, site: names.site, lookup: lookupOf(this.#lookupKey, this.#study, names.subject), record: "1" };
    }
    const cell = (at: number): FieldValue => cells[at] ?? null;
    const usubjid = cell(this.#at.usubjid);
    if (typeof usubjid !== "string" || usubjid === "") refuse(`row ${row}, column USUBJID`, "empty");
    if (cell(this.#at.study) !== this.#study) this.studyFaults.add(`row ${row}, column STUDYID`, "not the study of this packet");
    const named = this.#at.site < 0 ? null : cell(this.#at.site);
    const site = typeof named === "string" && named !== "" ? named : null;
    if (site === null ? this.head.binds : !this.#sites.has(site)) this.siteFaults.add(`row ${row}, column SITEID`, "not a site of this study");
    const values = this.#at.identity.map(cell);
    return {
      row,
      cells,
      site,
      lookup: this.#lookup(usubjid),
      record: recordIdOf(this.#lookupKey, { study: this.#study, usubjid, domain: this.head.name, values }),
    };
  }
  #lookup(usubjid: string): string {
    if (this.#last?.usubjid !== usubjid) this.#last = { usubjid, lookup: lookupOf(this.#lookupKey, this.#study, usubjid) };
    return this.#last.lookup;
  }
}
