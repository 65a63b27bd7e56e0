import type { InspectPacketOutput } from "@sallyport/contracts";
import { type Classifier, DatasetFaults, type FieldValue, type IdentifiedRow, maskOf, type PacketFileRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { OpenedRows } from "./opened-file.ts";
import { formatOf } from "./read-packet.ts";

type Shown = z.input<typeof InspectPacketOutput>["files"][number];
type Cell = Shown["preview"]["rows"][number]["cells"][number];

const PREVIEW_ROWS = 20;
const NO_FAULTS: Pick<DatasetFaults, "places"> = { places: [] };

/** What an inspection shows of one file: checks, variables and their classes, and its first rows under the grant's own view. */
export class InspectedFile {
  readonly n: number;
  readonly subjectFaults = new DatasetFaults();
  readonly identityFaults = new DatasetFaults();
  structureFaults: Pick<DatasetFaults, "places"> = NO_FAULTS;
  readonly #grant: Grant;
  readonly #classifier: Classifier;
  readonly #row: PacketFileRow;
  readonly #opened: OpenedRows | null;
  readonly #rows: { readonly row: number; readonly cells: readonly FieldValue[] }[] = [];

  constructor(grant: Grant, classifier: Classifier, opened: OpenedRows | null, row: PacketFileRow | null = null) {
    if (opened === null && row === null) throw new TypeError("a file is opened, or at least on record");
    this.#grant = grant;
    this.#classifier = classifier;
    this.#opened = opened;
    this.#row = row ?? rowOf(opened as OpenedRows);
    this.n = this.#row.n;
  }

  /** A file of which no dataset was found. */
  static unread(grant: Grant, classifier: Classifier, row: PacketFileRow, faults: DatasetFaults): InspectedFile {
    const file = new InspectedFile(grant, classifier, null, row);
    file.structureFaults = faults;
    return file;
  }

  /** Keeps the first rows. */
  preview(rows: readonly IdentifiedRow[]): void {
    for (const { row, cells } of rows.slice(0, PREVIEW_ROWS - this.#rows.length)) this.#rows.push({ row, cells });
  }

  shown(): Shown {
    const { columns } = this.#opened?.reader.head ?? { columns: [] };
    const { readable, masked } = this.#grant.fields;
    const variables = columns.map(({ name, type }) => ({ name, type, ...this.#classifier.of(this.#row.dataset, name) }));
    // What is neither readable nor masked under the grant is left out, as everywhere: no arm in no place.
    const seen = variables.flatMap(({ name, classification }, at) => (readable.includes(classification) || masked.includes(classification) ? [{ name, at }] : []));
    const cellOf = (value: FieldValue, name: string): Cell =>
      readable.includes(this.#classifier.ofValue(this.#row.dataset, name, value)) ? { state: "readable", value } : { state: "masked", mask: maskOf() };
    const { document: _, ...row } = this.#row;
    return {
      ...row,
      identity: [...(this.#opened?.reader.identity ?? [])],
      checks: this.#checks(),
      variables: variables.map(({ name, type, classification, hipaa, isKnown }) => ({ name, type, classification, hipaa, known: isKnown })),
      preview: {
        columns: seen.map(({ name }) => name),
        rows: this.#rows.map(({ row, cells }) => ({ row, cells: seen.map(({ at, name }) => cellOf(cells[at] ?? null, name)) })),
      },
    };
  }

  #checks(): Shown["checks"] {
    const { studyFaults = NO_FAULTS, siteFaults = NO_FAULTS } = this.#opened?.reader ?? {};
    const faults = [
      ["structure", this.structureFaults],
      ["study", studyFaults],
      ["sites", siteFaults],
      ["subjects", this.subjectFaults],
      ["identity", this.identityFaults],
    ] as const;
    return faults.map(([check, { places }]) => ({ check, passed: places.length === 0, where: [...places] }));
  }
}

const rowOf = ({ n, bytes, reader: { head } }: OpenedRows): PacketFileRow => ({ n, bytes, dataset: head.name, format: formatOf(head), rows: head.records, document: null });
