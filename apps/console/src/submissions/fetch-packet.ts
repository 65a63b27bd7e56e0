import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { OutputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import { WireFailure } from "../api/wire-failure.ts";

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Fetches a packet's sealed bytes, each piece a crossing of its own. @throws WireFailure `packet.fetched` where they aren't what was sealed. */
export async function fetchPacket(packetId: string, onBytes: (bytes: number) => void): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const digest = sha256.create();
  let told = "";
  for (let from: number | null = 0; from !== null; ) {
    const piece: OutputOf<"submissions.download"> = await sendCall("submissions.download", { packetId, from });
    const bytes = bytesOf(piece.content);
    pieces.push(bytes);
    digest.update(bytes);
    told = piece.sha256;
    from = piece.next;
    onBytes(from ?? piece.length);
  }
  if (bytesToHex(digest.digest()) !== told) throw new WireFailure("packet.fetched");
  return new Blob(pieces, { type: "application/octet-stream" });
}
