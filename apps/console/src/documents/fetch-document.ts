import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { OutputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import type { Kind, ShownVersion } from "./document-kinds.ts";

/** A version's bytes as they came, and their digest as this browser made it. */
export interface FetchedDocument {
  readonly file: Blob;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Fetches a version piece by piece, each a crossing of its own, and digests it on the way. @throws WireFailure */
export async function fetchDocument(
  { documentId, kind, version }: { readonly documentId: string; readonly kind: Kind; readonly version: ShownVersion },
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<FetchedDocument> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const digest = sha256.create();
  for (let from: number | null = 0; from !== null; ) {
    const piece: OutputOf<"documents.viewSequence"> = await sendCall(kind.view, { documentId, version: version.version, from, purpose: "view" }, { signal });
    const bytes = bytesOf(piece.content);
    pieces.push(bytes);
    digest.update(bytes);
    from = piece.next;
    onBytes(from ?? version.bytes);
  }
  return { file: new Blob(pieces, { type: version.mediaType }), sha256: bytesToHex(digest.digest()) };
}
