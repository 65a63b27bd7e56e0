/** What a document may be; each has rights of its own. The same words stand in the policy's resource types. */
export type DocumentType = "ectd_sequence" | "irb_correspondence" | "investigator_credential";

/** What is taken as a document; found by content, never by a name. */
export type DocumentMedia = "application/pdf" | "application/xml" | "application/zip";

/** A file as its reader takes it: from its beginning as often as is needed, or at a place. */
export interface DocumentSource {
  readonly bytes: number;
  open(): AsyncIterable<Uint8Array>;
  /** Exactly `length` bytes from `from` on, which must lie within the file. */
  read(from: number, length: number): Promise<Buffer>;
}

/** What may be said of a document before anybody has released it: no name of its own, and no word of its content. */
export interface DocumentFacts {
  readonly pdfVersion: string | null;
  /** The root element where it is one of a closed list, else `other`. */
  readonly xmlRoot: string | null;
  /** Entries of an archive, and their bytes when they are inflated. */
  readonly entries: number | null;
  readonly inflatedBytes: number | null;
}

/** What a releaser has to know of a document that is whole: places and fixed words, never a value. */
export interface DocumentNotes {
  /** What runs, opens or carries something else when the document is opened. */
  readonly active: readonly string[];
  /** Archives within an archive, which aren't opened. */
  readonly nested: readonly string[];
}

/** What a reader of one kind of document finds. */
export interface ReadDocument {
  readonly facts: Partial<DocumentFacts>;
  readonly notes: Partial<DocumentNotes>;
}

export interface InspectedDocument {
  readonly mediaType: DocumentMedia;
  /** Of the whole file, lower-case hex: a version's name. */
  readonly sha256: string;
  readonly facts: DocumentFacts;
  readonly notes: DocumentNotes;
}

/** How many places a note has at most. */
export const PLACES_MAX = 50;
