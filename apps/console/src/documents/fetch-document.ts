import type { OutputOf } from "../api/procedures.ts";
import { fetchPieces } from "../api/fetch-pieces.ts";
import { sendCall } from "../api/send.ts";
import type { Kind, ShownVersion } from "./document-kinds.ts";

/** A version's bytes as they came, and their digest as this browser made it. */
export interface FetchedDocument {
  readonly file: Blob;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

/** Fetches a version. @throws WireFailure */
export async function fetchDocument(
  { documentId, kind, version }: { readonly documentId: string; readonly kind: Kind; readonly version: ShownVersion },
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<FetchedDocument> {
  const ask = (from: number): Promise<OutputOf<"documents.viewSequence">> => sendCall(kind.view, { documentId, version: version.version, from, purpose: "view" }, { signal });
  const { pieces, sha256 } = await fetchPieces(ask, onBytes);
  return { file: new Blob([...pieces], { type: version.mediaType }), sha256 };
}
