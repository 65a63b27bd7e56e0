import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** A piece of something long, base64, and where the next one begins; null after the last. */
interface Piece {
  readonly content: string;
  readonly next: number | null;
}

/** What came, its digest as this browser made it (SHA-256, lower-case hex), and the last answer. */
export interface Fetched<P extends Piece> {
  /** Each handed to the browser as it came, which may keep it on disk: a document of gigabytes isn't held in the page's memory. */
  readonly pieces: readonly Blob[];
  readonly sha256: string;
  readonly last: P;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Fetches something piece by piece, each a crossing of its own, and digests it on the way. `onBytes` is told how many have come. @throws WireFailure */
export async function fetchPieces<P extends Piece>(ask: (from: number) => Promise<P>, onBytes: (bytes: number) => void): Promise<Fetched<P>> {
  const pieces: Blob[] = [];
  const digest = sha256.create();
  for (let from = 0; ; ) {
    const piece = await ask(from);
    const bytes = bytesOf(piece.content);
    pieces.push(new Blob([bytes]));
    digest.update(bytes);
    from += bytes.length;
    onBytes(from);
    if (piece.next === null) return { pieces, sha256: bytesToHex(digest.digest()), last: piece };
    from = piece.next;
  }
}
