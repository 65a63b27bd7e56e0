import { type Entry, type LocalFileHeader, parseExtraFields } from "yauzl";
import { refuse } from "../dataset-faults.ts";
import type { DocumentSource } from "./document.ts";
import { directoryPlace } from "./zip-end.ts";
import { ZipReader } from "./zip-reader.ts";

const STORED = 0;
export const DEFLATED = 8;
/** General purpose flags (APPNOTE 4.4.4): encrypted, a descriptor after the content, patched, strongly encrypted, a masked directory. */
const [ENCRYPTED, DESCRIBED, PATCHED, STRONG, MASKED] = [0x0001, 0x0008, 0x0020, 0x0040, 0x2000];
/** Extra fields: sizes of 64 bits, and a second name in Unicode. */
const [LARGE_FIELD, NAME_FIELD] = [0x0001, 0x7075];
const [ENTRY_BYTES, LARGE] = [46, 0xffff_ffff];
const DESCRIPTOR = 0x0807_4b50;

/** One entry of an archive, whose header and place have been found to be what the directory says. */
export interface ZipEntry {
  /** Its number in the directory, from 1. */
  readonly n: number;
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly attributes: number;
  readonly hasOtherName: boolean;
  /** Where its content begins in the file. */
  readonly from: number;
}

/**
 * Reads the directory and the header of every entry, and compares them. What is left of the file when all entries are taken away is the
 * directory and its end alone: so no entry lies in another, and nothing lies before, between or behind them.
 *
 * @throws SallyportError `packet.invalid` with the entry's number; whatever the source throws.
 */
export async function readDirectory(source: DocumentSource, entriesMax: number): Promise<readonly ZipEntry[]> {
  const place = await directoryPlace(source);
  if (place.entries > entriesMax) refuse("the directory", `more than ${entriesMax} entries`);
  const reader = new ZipReader(source);
  const listed: Entry[] = [];
  for await (const entry of reader.entries()) {
    assertReadable(entry, `entry ${listed.length + 1}`);
    listed.push(entry);
  }
  const directoryBytes = listed.reduce(
    (sum, { fileNameLength, extraFieldLength, fileCommentLength }) => sum + ENTRY_BYTES + fileNameLength + extraFieldLength + fileCommentLength,
    0,
  );
  if (place.from + directoryBytes !== place.to) refuse("the directory", "not as long as the end says");
  const numbered = listed.map((entry, at) => ({ entry, n: at + 1 })).toSorted((a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader);
  const found: ZipEntry[] = [];
  let next = 0;
  for (const { entry, n } of numbered) {
    const at = `entry ${n}`;
    if (entry.relativeOffsetOfLocalHeader !== next) refuse(at, "lies in another entry, or after something that is no entry");
    const header = await reader.localHeader(entry, at);
    assertSame(entry, header, at);
    next = header.fileDataStart + entry.compressedSize;
    if (next > place.from) refuse(at, "reaches into the directory");
    if ((entry.generalPurposeBitFlag & DESCRIBED) !== 0) next += await descriptorBytes(source, entry, next, place.from, at);
    found.push(entryOf(entry, n, header));
  }
  if (next !== place.from) refuse("the directory", "not where the entries end");
  return found.toSorted((a, b) => a.n - b.n);
}

const entryOf = (entry: Entry, n: number, header: LocalFileHeader): ZipEntry => ({
  n,
  name: entry.fileNameRaw,
  flags: entry.generalPurposeBitFlag,
  method: entry.compressionMethod,
  crc: entry.crc32,
  compressed: entry.compressedSize,
  size: entry.uncompressedSize,
  attributes: entry.externalFileAttributes,
  hasOtherName: [...entry.extraFields, ...extraFields(header, `entry ${n}`)].some(({ id }) => id === NAME_FIELD),
  from: header.fileDataStart,
});

function assertReadable({ generalPurposeBitFlag: flags, compressionMethod: method, fileCommentLength }: Entry, place: string): void {
  if ((flags & (ENCRYPTED | STRONG | MASKED)) !== 0) refuse(place, "encrypted, so that nobody here could check or show it");
  if ((flags & PATCHED) !== 0) refuse(place, "a patch, and no file");
  if (method !== STORED && method !== DEFLATED) refuse(place, "neither stored nor deflated");
  if (fileCommentLength !== 0) refuse(place, "a comment");
}

/** What stands before the content is what the directory says: otherwise two readers would take out two different files. */
function assertSame(entry: Entry, header: LocalFileHeader, place: string): void {
  const isDescribed = (entry.generalPurposeBitFlag & DESCRIBED) !== 0;
  const [size, compressed] = sizesOf(header, place);
  const isSame =
    entry.generalPurposeBitFlag === header.generalPurposeBitFlag &&
    entry.compressionMethod === header.compressionMethod &&
    entry.lastModFileDate === header.lastModFileDate &&
    entry.lastModFileTime === header.lastModFileTime &&
    entry.fileNameRaw.equals(header.fileName);
  const agrees =
    (isDescribed && header.crc32 === 0 && size === 0 && compressed === 0) ||
    (header.crc32 === entry.crc32 && size === entry.uncompressedSize && compressed === entry.compressedSize);
  // Some writers announce the sizes of 64 bits and leave them to the descriptor.
  const isLeftOpen = isDescribed && header.crc32 === 0 && header.uncompressedSize === LARGE && header.compressedSize === LARGE;
  if (!isSame || !(agrees || isLeftOpen)) refuse(place, "its own header differs from the directory");
}

function sizesOf(header: LocalFileHeader, place: string): readonly [size: number, compressed: number] {
  const { uncompressedSize, compressedSize } = header;
  if (uncompressedSize !== LARGE && compressedSize !== LARGE) return [uncompressedSize, compressedSize];
  const field = extraFields(header, place).find(({ id }) => id === LARGE_FIELD)?.data;
  let at = 0;
  const take = (value: number): number => {
    if (value !== LARGE || field === undefined) return value;
    if (at + 8 > field.length) refuse(place, "its own header differs from the directory");
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  };
  return [take(uncompressedSize), take(compressedSize)];
}

function extraFields({ extraField }: LocalFileHeader, place: string): ReturnType<typeof parseExtraFields> {
  try {
    return parseExtraFields(extraField);
  } catch {
    refuse(place, "its own header is not whole");
  }
}

/** How long the descriptor after an entry's content is: with or without a mark of its own, with sizes of 32 or 64 bits (APPNOTE 4.3.9). */
async function descriptorBytes(source: DocumentSource, { crc32, compressedSize, uncompressedSize }: Entry, at: number, end: number, place: string): Promise<number> {
  const bytes = await source.read(at, Math.min(24, end - at));
  for (const marked of [4, 0]) {
    if (marked === 4 && (bytes.length < 4 || bytes.readUInt32LE(0) !== DESCRIPTOR)) continue;
    if (bytes.length < marked + 12 || bytes.readUInt32LE(marked) !== crc32) continue;
    const isLarge = bytes.length >= marked + 20 && Number(bytes.readBigUInt64LE(marked + 4)) === compressedSize && Number(bytes.readBigUInt64LE(marked + 12)) === uncompressedSize;
    if (isLarge) return marked + 20;
    if (bytes.readUInt32LE(marked + 4) === compressedSize && bytes.readUInt32LE(marked + 8) === uncompressedSize) return marked + 12;
  }
  refuse(place, "what follows its content differs from the directory");
}
