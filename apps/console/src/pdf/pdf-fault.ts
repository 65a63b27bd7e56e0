/** Why a PDF, or a page of one, isn't shown. */
export type PdfFaultKind = "encrypted" | "unreadable" | "empty" | "large" | "slow" | "away";

/** What people are told. The file itself is none the worse: it can be saved. */
export const FAULT_TEXT: Readonly<Record<PdfFaultKind, string>> = {
  encrypted: "It is encrypted, and can't be shown here.",
  unreadable: "It is damaged, or made in a way that can't be read here, so nothing of it is shown.",
  empty: "It has no pages.",
  large: "It is too large to be shown here: up to 256 MiB and 5,000 pages are.",
  slow: "Reading it took longer than a minute, and was stopped.",
  away: "The console's reader for PDFs couldn't be loaded. Reload the page to try again.",
};

/** A PDF that can't be shown. */
export class PdfFault extends Error {
  readonly kind: PdfFaultKind;

  constructor(kind: PdfFaultKind) {
    super(kind);
    this.kind = kind;
  }
}

/** Any failure as a fault; one that says nothing of itself is of a PDF that can't be read. */
export function faultOf(error: unknown): PdfFault {
  if (error instanceof PdfFault) return error;
  return new PdfFault(error instanceof Error && error.name === "PasswordException" ? "encrypted" : "unreadable");
}
