import { refuse } from "../dataset-faults.ts";
import { type DocumentSource, PLACES_MAX, type ReadDocument } from "./document.ts";
import { inflateEntry } from "./zip-content.ts";
import { readDirectory, type ZipEntry } from "./zip-directory.ts";
import { assertNames } from "./zip-names.ts";

/** What an archive may grow to: all of its entries together, and by how much more than it is long. */
export interface ZipLimits {
  readonly entries: number;
  readonly inflatedBytes: number;
  /** Bytes for each byte of the file, beyond a first MiB. Text that is mostly white space comes to about a hundred. */
  readonly ratio: number;
}

export const ZIP_LIMITS: ZipLimits = { entries: 10_000, inflatedBytes: 4 * 1024 * 1024 * 1024, ratio: 250 };
const FREE_BYTES = 1024 * 1024;

/**
 * Reads a zip archive whole: its directory is the one that every reader finds, its entries lie one after the other from the file's first byte
 * to the directory and nowhere else, each has the header that the directory says, and each is inflated and counted: what it comes to, and its
 * checksum, are as announced. Nothing is written anywhere, and an archive in it isn't opened.
 *
 * @throws SallyportError `packet.invalid` with the number of the entry in the directory's order, from 1; whatever the source throws.
 */
export async function readZip(source: DocumentSource, limits: ZipLimits = ZIP_LIMITS): Promise<ReadDocument> {
  const entries = await readDirectory(source, limits.entries);
  assertNames(entries);
  assertAnnounced(source, entries, limits);
  const nested: string[] = [];
  const active: string[] = [];
  for (const entry of entries) {
    const { isArchive, isProgram } = await inflateEntry(source, entry);
    if (isArchive) note(nested, entry, "an archive, not opened");
    if (isProgram) note(active, entry, "a program");
    // The one name by which office documents, which are archives too, carry theirs (MS-OVBA §2.2.1).
    if (MACROS.test(entry.name.toString("latin1"))) note(active, entry, "macros of an office document");
  }
  return { facts: { entries: entries.length, inflatedBytes: inflatedBytes(entries) }, notes: { active, nested } };
}

const MACROS = /(?:^|\/)vbaProject\.bin$/i;

function note(places: string[], { n }: ZipEntry, what: string): void {
  if (places.length < PLACES_MAX) places.push(`entry ${n}: ${what}`);
}

/** Before anything is inflated; that each entry keeps to what it announces is seen while it is. */
function assertAnnounced(source: DocumentSource, entries: readonly ZipEntry[], { inflatedBytes: most, ratio }: ZipLimits): void {
  const total = inflatedBytes(entries);
  if (total > most) refuse("the entries", "together larger than is taken");
  if (total > FREE_BYTES + ratio * source.bytes) refuse("the entries", `more than ${ratio} times as large as the file`);
}

const inflatedBytes = (entries: readonly ZipEntry[]): number => entries.reduce((sum, { size }) => sum + size, 0);
