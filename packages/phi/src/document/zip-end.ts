import { refuse } from "../dataset-faults.ts";
import type { DocumentSource } from "./document.ts";

const [END, END_BYTES] = [0x0605_4b50, 22];
const [LOCATOR, LOCATOR_BYTES] = [0x0706_4b50, 20];
const [END64, END64_BYTES] = [0x0606_4b50, 56];

/** Where an archive's directory lies, and how many entries it has. */
export interface DirectoryPlace {
  readonly entries: number;
  readonly from: number;
  /** Where the directory ends, which is where the records that end the archive begin. */
  readonly to: number;
}

/**
 * Finds the directory (APPNOTE 4.3.14 to 4.3.16): the file's very last bytes are the archive's end, without a comment, and all that it says of
 * the directory agrees, so that no two readers find two different ones.
 *
 * @throws SallyportError `packet.invalid`; whatever the source throws.
 */
export async function directoryPlace(source: DocumentSource): Promise<DirectoryPlace> {
  if (source.bytes < END_BYTES) refuse("the end", "not that of a zip archive");
  const endAt = source.bytes - END_BYTES;
  const end = await source.read(endAt, END_BYTES);
  if (end.readUInt32LE(0) !== END || end.readUInt16LE(20) !== 0) refuse("the end", "not that of a zip archive, or with something after it");
  const said = {
    disk: end.readUInt16LE(4),
    directoryDisk: end.readUInt16LE(6),
    here: end.readUInt16LE(8),
    entries: end.readUInt16LE(10),
    bytes: end.readUInt32LE(12),
    from: end.readUInt32LE(16),
  };
  const large = await largeEnd(source, endAt);
  if (large === null) return placeOf(said, endAt);
  const agrees =
    (said.entries === 0xffff || said.entries === large.entries) &&
    (said.bytes === 0xffff_ffff || said.bytes === large.bytes) &&
    (said.from === 0xffff_ffff || said.from === large.from);
  if (!agrees || said.disk !== 0) refuse("the end", "says two things of the directory");
  return placeOf(large, large.at);
}

interface Said {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly here: number;
  readonly entries: number;
  readonly bytes: number;
  readonly from: number;
}

function placeOf({ disk, directoryDisk, here, entries, bytes, from }: Said, to: number): DirectoryPlace {
  if (disk !== 0 || directoryDisk !== 0 || here !== entries) refuse("the end", "an archive in several parts");
  if (entries === 0) refuse("the directory", "no entry");
  if (from + bytes !== to) refuse("the directory", "not where the end says, or with something after it");
  return { entries, from, to };
}

/** What the larger form of the end says, where there is one. */
async function largeEnd(source: DocumentSource, endAt: number): Promise<(Said & { readonly at: number }) | null> {
  if (endAt < LOCATOR_BYTES) return null;
  const locator = await source.read(endAt - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.readUInt32LE(0) !== LOCATOR) return null;
  const at = safe(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) !== 1 || at + END64_BYTES !== endAt - LOCATOR_BYTES) refuse("the end", "not where it says that it is");
  const end = await source.read(at, END64_BYTES);
  if (end.readUInt32LE(0) !== END64 || safe(end.readBigUInt64LE(4)) !== END64_BYTES - 12) refuse("the end", "not that of a zip archive");
  return {
    at,
    disk: end.readUInt32LE(16),
    directoryDisk: end.readUInt32LE(20),
    here: safe(end.readBigUInt64LE(24)),
    entries: safe(end.readBigUInt64LE(32)),
    bytes: safe(end.readBigUInt64LE(40)),
    from: safe(end.readBigUInt64LE(48)),
  };
}

/** A number of 64 bits; one that no file reaches is as good as none. */
const safe = (value: bigint): number => (value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value));
