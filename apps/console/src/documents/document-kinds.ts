import type { OutputOf } from "../api/procedures.ts";

/** The procedures of each type of document: each takes a right of its own. */
export const KINDS = [
  { id: "sequences", type: "ectd_sequence", text: "eCTD sequences", list: "documents.sequences", get: "documents.getSequence", view: "documents.viewSequence" },
  {
    id: "correspondence",
    type: "irb_correspondence",
    text: "IRB correspondence",
    list: "documents.correspondence",
    get: "documents.getCorrespondence",
    view: "documents.viewCorrespondence",
  },
  {
    id: "credentials",
    type: "investigator_credential",
    text: "Investigators' credentials",
    list: "documents.credentials",
    get: "documents.getCredential",
    view: "documents.viewCredential",
  },
] as const;
export type Kind = (typeof KINDS)[number];

/** The kind of an address's word; null for a word that is none. */
export const kindOf = (id: string | null): Kind | null => KINDS.find((kind) => kind.id === id) ?? null;

export type ListedDocument = OutputOf<"documents.sequences">["items"][number];
export type ShownDocument = OutputOf<"documents.getSequence">;
export type ShownVersion = ShownDocument["versions"][number];
export type ShownSignature = ShownVersion["signatures"][number];

const MEDIA_TEXT: Readonly<Record<ListedDocument["mediaType"], string>> = { "application/pdf": "PDF", "application/xml": "XML", "application/zip": "Zip archive" };
export const mediaName = (mediaType: ListedDocument["mediaType"]): string => MEDIA_TEXT[mediaType];

/** How a saved copy is called: by what it is, since its own name may say whose data it holds. */
export const copyName = (documentId: string, { version, mediaType }: Pick<ShownVersion, "version" | "mediaType">): string =>
  `${documentId}-v${version}.${mediaType.slice("application/".length)}`;

/** Signatures that whoever looks gave themselves and that stand: a new one of theirs may stand instead. */
export const replaceable = ({ versions }: ShownDocument): readonly ShownSignature[] =>
  versions.flatMap(({ signatures }) => signatures.filter(({ isMine, state }) => isMine && state === "valid"));

/** What a signature says, as a sentence goes on. */
export const MEANING_TEXT: Readonly<Record<ShownSignature["meaning"], { readonly title: string; readonly says: string }>> = {
  authorship: { title: "Authorship", says: "I wrote this." },
  review: { title: "Review", says: "I have reviewed this." },
  approval: { title: "Approval", says: "I approve this." },
  responsibility: { title: "Responsibility", says: "I answer for this." },
};

/** How a signature stands, in a word and a tone. */
export function standingOf({ state, why, standing, method }: ShownSignature): { readonly text: string; readonly tone: "stands" | "caution" | "shut" | "neutral" } {
  if (state === "broken") return { text: `broken: ${why ?? "it doesn't verify"}`, tone: "shut" };
  if (state === "unproven") return { text: "unproven: no record of it is found", tone: "caution" };
  if (state !== "valid") return { text: state, tone: "neutral" };
  if (method === "server-attested") return { text: "server-attested", tone: "caution" };
  return standing === "attested" ? { text: "verified, passkey attested", tone: "caution" } : { text: "verified", tone: "stands" };
}
