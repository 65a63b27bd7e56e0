import type { UploadDocument } from "@sallyport/client";

/** What a document can be. */
export const DOCUMENT_TYPES = ["ectd_sequence", "irb_correspondence", "investigator_credential"] as const satisfies readonly UploadDocument["type"][];
const DOCUMENT_ID = /^doc_[0-9a-hjkmnp-tv-z]{26}$/;

export const isDocumentType = (type: unknown): type is UploadDocument["type"] => DOCUMENT_TYPES.some((each) => each === type);

/** Whether a text is a stored document's id. */
export const isDocumentId = (text: unknown): text is string => typeof text === "string" && DOCUMENT_ID.test(text);
