import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";
import { DOCUMENT_TEXT, isDocumentType } from "./document-types.ts";

export type Packet = OutputOf<"packets.list">["items"][number];
export type PacketState = Packet["state"];

export const STATE_TEXT: Readonly<Record<PacketState, { readonly text: string; readonly tone: BadgeTone }>> = {
  receiving: { text: "being received", tone: "neutral" },
  quarantined: { text: "in quarantine", tone: "caution" },
  released: { text: "released", tone: "stands" },
  rejected: { text: "rejected", tone: "shut" },
  abandoned: { text: "abandoned", tone: "neutral" },
};

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** A size as a person reads it, in powers of a thousand: `812 B`, `1.4 MB`. */
export function bytesText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** power;
  return `${amount.toLocaleString("en-GB", { maximumFractionDigits: power === 0 || amount >= 100 ? 0 : 1 })} ${UNITS[power]}`;
}

/** A count with its noun: `1 row`, `306 rows`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;

/** Sites in a line: all of a few, or the first ones and how many more there are. */
export function sitesText(sites: readonly string[], shown = 3): string {
  const sorted = sites.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (sorted.length <= shown + 1) return sorted.join(", ");
  return `${sorted.slice(0, shown).join(", ")} and ${sorted.length - shown} more`;
}

/** What a packet's files are, in a word: their domains in the order in which they are read. */
export const packetName = ({ dataset, files }: Packet): string => (dataset === "-" ? counted(files.length, "file") : dataset.split("+").map(wordText).join(" + "));

/** Of a document's type what a person calls it; a domain is its own name. */
const wordText = (word: string): string => (isDocumentType(word) ? DOCUMENT_TEXT[word] : word);

/** Who brought a packet in, by name; a service may have none but its id. */
export const senderText = ({ isMine, ingestedByName, ingestedBy }: Packet): string => (isMine ? "you" : (ingestedByName ?? ingestedBy));

/** Who released or rejected it; empty where nobody has. */
export const deciderText = ({ decidedByName, decidedBy }: Packet): string => decidedByName ?? decidedBy ?? "";
