import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { refuse } from "../dataset-faults.ts";
import type { DocumentMedia, DocumentSource, InspectedDocument, ReadDocument } from "./document.ts";
import { readPdf } from "./pdf.ts";
import { readXml } from "./xml.ts";
import { readZip } from "./zip.ts";

const HEAD_BYTES = 256;
/** What XML may begin with: a byte order mark, white space, and then a tag. */
const XML = /^\u00EF?\u00BB?\u00BF?[\t\n\r ]*</;

/**
 * Reads a document for what it is, by its content alone, in bounded memory and in pieces, and digests it. What isn't a PDF, XML or a zip
 * archive, whole and without a second meaning, is refused; what its releaser should know is noted.
 *
 * @throws SallyportError `packet.invalid` with the place, and never a value or a name; whatever the source throws.
 */
export async function inspectDocument(source: DocumentSource): Promise<InspectedDocument> {
  const hash = createHash("sha256");
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of source.open()) {
      hash.update(piece);
      yield piece;
      // A large file is read for minutes: between two pieces whatever else waits has its turn, also where the source never waits.
      await setImmediate();
    }
  };
  const mediaType = mediaTypeOf(await source.read(0, Math.min(HEAD_BYTES, source.bytes)));
  const { facts, notes } = await READERS[mediaType](source, pieces());
  return {
    mediaType,
    sha256: hash.digest("hex"),
    facts: { pdfVersion: null, xmlRoot: null, entries: null, inflatedBytes: null, ...facts },
    notes: { active: [], nested: [], ...notes },
  };
}

const READERS: Readonly<Record<DocumentMedia, (source: DocumentSource, pieces: AsyncIterable<Uint8Array>) => Promise<ReadDocument>>> = {
  "application/pdf": readPdf,
  "application/xml": (_, pieces) => readXml(pieces),
  "application/zip": async (source, pieces) => {
    const read = await readZip(source);
    // Its content is read at places; its digest is of all of it.
    for await (const _ of pieces) continue;
    return read;
  },
};

function mediaTypeOf(head: Buffer): DocumentMedia {
  const text = head.toString("latin1");
  if (text.startsWith("%PDF-")) return "application/pdf";
  if (text.startsWith("PK\u0003\u0004")) return "application/zip";
  if (XML.test(text)) return "application/xml";
  refuse("the file", "neither a PDF, nor XML in UTF-8, nor a zip archive, which are what is taken as a document");
}
