import type { InputOf, OutputOf } from "../api/procedures.ts";
import { fetchPieces } from "../api/fetch-pieces.ts";
import { sendCall } from "../api/send.ts";
import type { Kind, ShownVersion } from "./document-kinds.ts";

/** A version's bytes as they came, and their digest as this browser made it. */
export interface FetchedDocument {
  readonly file: Blob;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

interface Wanted {
  readonly documentId: string;
  readonly kind: Kind;
  readonly version: ShownVersion;
  /** What the bytes are fetched for: it stands in the record of each piece. */
  readonly purpose: InputOf<"documents.viewSequence">["purpose"];
}

/** Fetches a version. @throws WireFailure */
export async function fetchDocument(
  { documentId, kind, version, purpose }: Wanted,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<FetchedDocument> {
  const ask = (from: number): Promise<OutputOf<"documents.viewSequence">> => sendCall(kind.view, { documentId, version: version.version, from, purpose }, { signal });
  const { pieces, sha256 } = await fetchPieces(ask, onBytes);
  return { file: new Blob([...pieces], { type: version.mediaType }), sha256 };
}
