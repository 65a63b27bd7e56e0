import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type ListedSubmission = OutputOf<"submissions.list">["submissions"][number];
export type Submission = OutputOf<"submissions.get">;
export type Sequence = Submission["sequences"][number];
export type SequenceFile = Sequence["files"][number];
export type SealedPacket = Sequence["packets"][number];
export type Finding = Sequence["findings"][number];

export const SUBMISSION_ID = /^sbm_[0-9a-hjkmnp-tv-z]{26}$/;

/** What is found about a file, as a sentence says it. */
export const FINDING_TEXT: Readonly<Record<Finding["finding"], string>> = {
  path: "This path can't stand in a sequence.",
  colliding: "Another file has this path, but for capitals, or is a folder of it.",
  media: "The name doesn't fit the content: PDF ends with .pdf, XML with .xml, and archives don't go.",
  module: "It is outside of the modules m1 to m5, and no index.xml was uploaded that lists it.",
  gone: "This version isn't there, or isn't yours to read.",
  broken: "A signature on it is broken.",
  unsigned: "Nobody's valid approval is on it.",
  superseded: "The document has a newer version.",
};

/** How far a packet is, in a word and a tone. */
export const PACKET_TEXT: Readonly<Record<SealedPacket["state"], { readonly text: string; readonly tone: BadgeTone }>> = {
  prepared: { text: "prepared", tone: "caution" },
  released: { text: "released", tone: "caution" },
  sealed: { text: "sealed", tone: "caution" },
  submitted: { text: "submitted", tone: "stands" },
};

const SEGMENT = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** What is wrong with a path as it is typed; null where nothing is. The api looks again, and at more. */
export function pathFault(path: string, taken: readonly string[]): string | null {
  if (path === "") return "Enter where it stands, as m1/us/cover.pdf.";
  const segments = path.split("/");
  if (path.length > 170 || segments.length > 15 || segments.some((segment) => segment.length > 64 || !SEGMENT.test(segment))) {
    return "Folders and a name of letters, digits, dashes, underscores and dots, joined by slashes.";
  }
  return taken.some((each) => each.toLowerCase() === path.toLowerCase()) ? "Another file stands there." : null;
}
