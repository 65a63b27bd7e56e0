import type { OutputOf } from "../api/procedures.ts";
import { counted } from "./packet-text.ts";

export type InspectedDocument = OutputOf<"packets.inspect">["documents"][number];
type Check = InspectedDocument["checks"][number]["check"];

export const DOCUMENT_CHECK_TEXT: Readonly<Record<Check, { readonly title: string; readonly asks: string }>> = {
  structure: { title: "Structure", asks: "It is whole, of its own kind alone, and nothing stands before or after it." },
  place: { title: "Place", asks: "It belongs where the packet does; what it replaces is there too." },
  active: { title: "Nothing active", asks: "Nothing in it runs, opens or carries something else when it is opened. You decide whether that is to be." },
  nested: { title: "Nothing nested", asks: "No archive is within it: that isn't opened here, and so isn't checked." },
};

const MEDIA_TEXT: Readonly<Record<InspectedDocument["mediaType"], string>> = { "application/pdf": "PDF", "application/xml": "XML", "application/zip": "Zip archive" };

/** What a document is, as far as its content says so: `PDF 1.7`, `Zip archive, 12 entries`. */
export function mediaText({ mediaType, facts: { pdfVersion, xmlRoot, entries } }: Pick<InspectedDocument, "mediaType" | "facts">): string {
  const name = MEDIA_TEXT[mediaType];
  if (pdfVersion !== null) return `${name} ${pdfVersion}`;
  if (xmlRoot !== null && xmlRoot !== "other") return `${name}, ${xmlRoot}`;
  return entries === null ? name : `${name}, ${counted(entries, "entry", "entries")}`;
}

/** Where a document belongs. */
export const placeText = (site: string | null): string => (site === null ? "the whole study" : `site ${site}`);

/** What a release would do with one document. */
export function wouldText(would: InspectedDocument["would"]): string {
  if (would === null) return "refused";
  if (would.outcome === "created") return "new";
  return would.outcome === "unchanged" ? `stored already, version ${would.version}` : `version ${would.version}`;
}
