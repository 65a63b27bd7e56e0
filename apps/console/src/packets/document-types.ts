import type { InputOf } from "../api/procedures.ts";

type DocumentType = NonNullable<InputOf<"packets.begin">["files"][number]["document"]>["type"];

/** What a document may be, in words. */
export const DOCUMENT_TEXT: Readonly<Record<DocumentType, string>> = {
  ectd_sequence: "eCTD sequence",
  irb_correspondence: "IRB correspondence",
  investigator_credential: "Investigator credential",
};
export const isDocumentType = (word: string): word is DocumentType => Object.hasOwn(DOCUMENT_TEXT, word);
