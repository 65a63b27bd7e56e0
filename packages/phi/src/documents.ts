import type { Grant } from "@sallyport/policy";
import type { DocumentMedia, DocumentType } from "./document/document.ts";

/** Where a document belongs: a site, or the whole study where `site` is null. Its type is part of the place: each has rights of its own. */
export interface DocumentPlace {
  readonly study: string;
  readonly site: string | null;
  readonly type: DocumentType;
}

/** What an uploader says that a file is. */
export interface DeclaredDocument extends Omit<DocumentPlace, "study"> {
  /** The document of which this is a new version; null for a new one. */
  readonly replaces: string | null;
}

/** The same of a file that was read. */
export interface ReceivedDocument extends DeclaredDocument {
  readonly mediaType: DocumentMedia;
  readonly sha256: string;
}

/** One version of a document as stored: no name, and no word of its content. */
export interface DocumentRow extends DocumentPlace {
  /** `doc_` and 26 characters of Crockford base32, the same in every version. */
  readonly id: string;
  readonly version: number;
  readonly mediaType: DocumentMedia;
  readonly sha256: string;
  readonly bytes: number;
  /** The packet's file that holds its bytes. */
  readonly packet: string;
  readonly file: number;
  readonly releasedBy: string;
  readonly releasedAtMs: number;
}

/** How many documents a release makes, gives a new version, and finds stored already. */
export interface DocumentCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** What a file meets that is about to be released. */
export interface StandingDocument {
  readonly id: string;
  readonly version: number;
  /** Whether its bytes are these, so that nothing changes. */
  readonly isEqual: boolean;
}

/** Port: documents. Row security shows a reader the one type that the grant is for, at its sites; what is the whole study's needs all of them. */
export interface DocumentStore<Tx> {
  /** Where a document belongs, from our own records, or null. Takes no grant: it feeds a decision, and tells nothing to a caller. */
  placeOf(id: string): Promise<DocumentPlace | null>;
  /**
   * What a file meets: the current version of the document that it replaces, or any version with the same bytes at its place; null where it
   * is new. Needs `packet.release` or `packet.inspect`.
   */
  standing(tx: Tx, grant: Grant, study: string, document: Omit<ReceivedDocument, "mediaType">): Promise<StandingDocument | null>;
  /** Adds a version. Throws `service.busy` where another release has just made it, `policy.denied` outside of the grant. */
  insert(tx: Tx, grant: Grant, document: Omit<DocumentRow, "releasedBy" | "releasedAtMs">): Promise<void>;
  /** Current versions of the grant's type that it reaches, newest first. Needs `document.read`. */
  list(
    grant: Grant,
    filter: { readonly study?: string | undefined; readonly site?: string | undefined; readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ readonly items: readonly DocumentRow[]; readonly total: number }>;
  /** Every version of a document of the grant's type that it reaches, the newest first. Needs `document.read` or `submission.sign`. */
  versions(tx: Tx, grant: Grant, id: string): Promise<readonly DocumentRow[]>;
  /** How a version's bytes are opened; null where the grant doesn't reach it. Needs `document.read`. */
  content(tx: Tx, grant: Grant, id: string, version: number): Promise<DocumentContent | null>;
  /** Sealed chunks of a version's bytes. Needs `document.read`. */
  chunks(tx: Tx, grant: Grant, packet: string, part: { readonly file: number; readonly from: number; readonly limit: number }): Promise<readonly Buffer[]>;
}

/** Where a version's bytes are, and the wrapped key that they are sealed under: its packet's. */
export interface DocumentContent {
  readonly packet: string;
  readonly file: number;
  /** Files of the packet. */
  readonly files: number;
  readonly wrapped: string;
}
