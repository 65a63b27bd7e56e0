import type { Dataset, FieldValue } from "./dataset.ts";
import { DatasetFaults, refuse } from "./dataset-faults.ts";
import { DatasetFile, type DatasetLimits } from "./dataset-file.ts";
import { type DatasetHead, type FileHead, headOf } from "./dataset-head.ts";
import { JsonStream } from "./json-stream.ts";
import { assertColumns, RowChecks } from "./row-checks.ts";

/** A row of a dataset. */
export interface DatasetRow {
  /** Its number in the file, from 1. */
  readonly row: number;
  /** One value for each of the head's columns. */
  readonly cells: readonly FieldValue[];
  /** Whom and which site the row names, where no column of its own does. */
  readonly named?: { readonly subject: string; readonly site: string };
}

/** A dataset whose head has been read. */
export interface OpenedDataset {
  readonly head: DatasetHead;
  /**
   * The rows in batches of up to 500, read from the source anew at each call. A row that is handed out is right in itself and
   * beside those before it; once one is wrong, none is handed out any more, and the rest is read for its faults only.
   *
   * @throws SallyportError `packet.invalid` at the end, or sooner where no more can be read, with up to 50 places in `where`
   * (`row 12, column AGE: not an integer`), never a value. Until the end has been reached, nothing may be done for good.
   */
  rows(): AsyncIterable<readonly DatasetRow[]>;
}

/**
 * Opens one dataset in Dataset-JSON 1.0, 1.1, or 1.1 as NDJSON, in bounded memory whatever its size: a row, a head, a batch, and
 * some 30 bytes for each row that has to differ from the others.
 *
 * It is validated against its own column definitions: types, lengths, number of records, uniqueness of keys; and its rows
 * are of one study and each of a subject's. A file whose rows come before what they mean is read once more.
 *
 * @throws SallyportError `packet.invalid` where the head isn't that of a dataset that can be taken; whatever the source throws.
 */
export async function openDataset(source: () => AsyncIterable<Uint8Array>, limits?: DatasetLimits): Promise<OpenedDataset> {
  const file = await readHead(source(), limits);
  const { isNumbered: _, ...head } = file;
  return { head, rows: () => rowsOf(source(), file, limits) };
}

/** A dataset that is small enough to be held, read whole. @throws SallyportError as {@link openDataset} and its rows. */
export async function readDataset(input: string | Uint8Array): Promise<Dataset> {
  const bytes = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  const opened = await openDataset(() => inOnePiece(bytes));
  const all: (readonly FieldValue[])[] = [];
  for await (const batch of opened.rows()) for (const { cells } of batch) all.push(cells);
  const { standardVersion, name, label, studyOid, columns } = opened.head as FileHead;
  return { standardVersion, name, label, studyOid, columns, rows: all };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readHead(source: AsyncIterable<Uint8Array>, limits: DatasetLimits | undefined): Promise<FileHead> {
  const stream = new JsonStream(source, new DatasetFaults());
  const file = new DatasetFile(stream, null, limits);
  try {
    // No row is taken, so there is no batch: the first step goes to the end.
    await file.batches().next();
    const head = headOf(file.members, file.rowsAt);
    assertColumns(head);
    return head;
  } finally {
    await stream.close();
  }
}

async function* rowsOf(source: AsyncIterable<Uint8Array>, head: FileHead, limits: DatasetLimits | undefined): AsyncGenerator<readonly DatasetRow[]> {
  const faults = new DatasetFaults();
  const stream = new JsonStream(source, faults);
  const checks = new RowChecks(head, faults);
  const file = new DatasetFile(
    stream,
    (row): DatasetRow | null => {
      if (checks.rows === head.records) stream.refuse("records", "not the number of rows");
      const cells = checks.take(row);
      if (faults.isFull) faults.throwAll();
      return cells === null ? null : { row: checks.rows, cells };
    },
    limits,
  );
  try {
    for await (const batch of file.batches()) if (faults.isEmpty) yield batch;
    if (checks.rows !== head.records) faults.add("records", "not the number of rows");
    faults.throwIfAny();
    // Members after the rows have been seen only now, and what was read is what the rows were checked against.
    if (JSON.stringify(headOf(file.members, file.rowsAt)) !== JSON.stringify(head)) refuse("the file", "changed while it was read");
  } finally {
    await stream.close();
  }
}
