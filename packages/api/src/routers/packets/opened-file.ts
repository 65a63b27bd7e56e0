import type { DataKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type IdentifiedRow, openSource, type Profile, RowReader, type StudyRow } from "@sallyport/phi";

/** A file of a packet, to be read from its beginning as often as is needed. `n` is from 1, in the order sent. */
export interface OpenedFile {
  readonly n: number;
  /** How many files the packet has. */
  readonly of: number;
  readonly bytes: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** A file whose dataset was found: what identifies its rows, and the rows themselves, batch by batch. */
export interface OpenedRows {
  readonly n: number;
  readonly bytes: number;
  readonly reader: RowReader;
  rows(): AsyncIterable<readonly IdentifiedRow[]>;
  /** Says of a place in which file it is, where the packet has several. */
  readonly placed: (where: string) => string;
}

const ROWS_AT_ONCE = 100;

/**
 * Opens the datasets of a packet's files in the order in which they are read: what binds subjects to their sites (DM), then the others as they were sent.
 *
 * @throws SallyportError `packet.invalid`, naming the file where there are several, and never a value or a file's own name.
 */
export async function openRows(files: readonly OpenedFile[], study: Pick<StudyRow, "id" | "sites">, lookupKey: DataKey["key"], profile: Profile): Promise<readonly OpenedRows[]> {
  const opened: OpenedRows[] = [];
  for (const { n, of, bytes, open } of files) {
    const unnamed = placedBy(of, `file ${n}`);
    const dataset = await inFile(unnamed, () => openSource(open, profile));
    const placed = placedBy(of, `file ${n} (${dataset.head.name})`);
    if (opened.some(({ reader }) => reader.head.name === dataset.head.name))
      throw new SallyportError("packet.invalid", { where: [placed("the file: its domain is in an earlier one")] });
    const reader = await inFile(placed, () => Promise.resolve(new RowReader(dataset.head, study, lookupKey)));
    const rows = async function* (): AsyncGenerator<readonly IdentifiedRow[]> {
      try {
        for await (const batch of dataset.rows()) {
          // Few at a time: what is done with them in one go, opening and sealing, keeps everybody else's crossings waiting.
          for (let at = 0; at < batch.length; at += ROWS_AT_ONCE) yield reader.read(batch.slice(at, at + ROWS_AT_ONCE));
        }
      } catch (error) {
        throw placedFailure(placed, error);
      }
    };
    opened.push({ n, bytes, reader, rows, placed });
  }
  return opened.toSorted((a, b) => Number(b.reader.head.binds) - Number(a.reader.head.binds) || a.n - b.n);
}

const placedBy =
  (files: number, name: string) =>
  (where: string): string =>
    files === 1 ? where : `${name}, ${where}`;

async function inFile<T>(placed: OpenedRows["placed"], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw placedFailure(placed, error);
  }
}

/** A reader's own failure with its places put into their file; others as they are. */
export function placedFailure(placed: OpenedRows["placed"], error: unknown): unknown {
  if (!(error instanceof SallyportError)) return error;
  const where = error.context["where"];
  return Array.isArray(where) ? new SallyportError(error.code, { ...error.context, where: where.map((each) => placed(String(each))) }) : error;
}
