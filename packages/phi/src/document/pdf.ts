import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { refuse } from "../dataset-faults.ts";
import type { DocumentSource, ReadDocument } from "./document.ts";
import { PdfNames, type StreamRange } from "./pdf-names.ts";

const HEADER = /^%PDF-(1\.[0-7]|2\.0)[\r\n\t ]/;
const HEAD_BYTES = 16;
const TAIL_BYTES = 1024;
/** The file's last line, and where its cross-references begin (ISO 32000-2 §7.5.5). After it nothing but white space. */
const TRAILER = /startxref[\r\n\t ]+(\d{1,10})[\r\n\t ]+%%EOF[\r\n\t \0]*$/;
const CROSS_REFERENCES = /^[\r\n\t ]*(?:xref[\r\n\t ]|\d{1,10} \d{1,5} obj\b)/;
const XREF_BYTES = 48;

/** A zip archive's end: what it would be read from, were the file taken for one. */
const ZIP_END = Buffer.from("PK\u0005\u0006", "latin1");
const ZIP_END_BYTES = 22;
const ZIP_COMMENT_MAX = 65_535;

/** One object stream, and all of them together, when they are inflated. */
const OBJECT_STREAM_MAX = 8 * 1024 * 1024;
const OBJECT_STREAMS_MAX = 256 * 1024 * 1024;

const inflated = promisify(inflate);

/**
 * Reads a PDF's structure: its header, its end, where its cross-references are; and looks for what makes it active. It is not rendered, and
 * nothing of it is followed. Object streams are inflated to be looked through, within bounds; that one can't be is said.
 *
 * @throws SallyportError `packet.invalid`; whatever the source throws.
 */
export async function readPdf(source: DocumentSource, pieces: AsyncIterable<Uint8Array>): Promise<ReadDocument> {
  const pdfVersion = await assertFramed(source);
  const names = new PdfNames();
  for await (const piece of pieces) names.take(piece);
  names.end();
  if (names.isEncrypted) refuse("the file", "an encrypted PDF, which nobody here could check or show");
  const hidden = await lookInside(source, names);
  const found = [...names.active].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `/${name}: ${count === 1 ? "once" : `${count} times`}`);
  return { facts: { pdfVersion }, notes: { active: hidden === 0 ? found : [...found, `object streams: ${hidden} that can't be looked into`] } };
}

async function assertFramed(source: DocumentSource): Promise<string> {
  const head = HEADER.exec((await source.read(0, Math.min(HEAD_BYTES, source.bytes))).toString("latin1"));
  if (head === null) refuse("the beginning", "not the header of a PDF 1.0 to 1.7 or 2.0");
  const from = Math.max(0, source.bytes - TAIL_BYTES);
  const tail = TRAILER.exec((await source.read(from, source.bytes - from)).toString("latin1"));
  if (tail === null) refuse("the end", "no startxref and %%EOF as a PDF's last lines");
  const at = Number(tail[1]);
  if (at >= from + tail.index) refuse("startxref", "points outside of the file");
  const referenced = await source.read(at, Math.min(XREF_BYTES, source.bytes - at));
  if (!CROSS_REFERENCES.test(referenced.toString("latin1"))) refuse("startxref", "points to no cross-references");
  await assertNoZip(source);
  return head[1] ?? "";
}

/** A file that ends as an archive does is read as one by whoever takes it for one, and holds what nobody here has looked at. */
async function assertNoZip(source: DocumentSource): Promise<void> {
  const from = Math.max(0, source.bytes - ZIP_END_BYTES - ZIP_COMMENT_MAX);
  const tail = await source.read(from, source.bytes - from);
  for (let at = tail.indexOf(ZIP_END); at !== -1; at = tail.indexOf(ZIP_END, at + 1)) {
    if (at + ZIP_END_BYTES <= tail.length && tail.readUInt16LE(at + 20) === tail.length - at - ZIP_END_BYTES) refuse("the end", "that of a zip archive too");
  }
}

/** Looks through the object streams; answers how many of them can't be. */
async function lookInside(source: DocumentSource, names: PdfNames): Promise<number> {
  let hidden = names.unkept;
  let left = OBJECT_STREAMS_MAX;
  for (const range of names.objectStreams) {
    const content = await contentOf(source, range, Math.min(left, OBJECT_STREAM_MAX));
    if (content === null) {
      hidden += 1;
      continue;
    }
    left -= content.length;
    const inside = new PdfNames(0);
    inside.take(content);
    inside.end();
    for (const [name, count] of inside.active) names.active.set(name, (names.active.get(name) ?? 0) + count);
  }
  return hidden;
}

async function contentOf(source: DocumentSource, { from, to }: StreamRange, most: number): Promise<Buffer | null> {
  if (to - from > OBJECT_STREAM_MAX || most <= 0) return null;
  const sealed = await source.read(from, to - from);
  try {
    return await inflated(sealed, { maxOutputLength: most });
  } catch {
    return null;
  }
}
