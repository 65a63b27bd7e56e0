import { fetchPieces } from "../api/fetch-pieces.ts";
import { sendCall } from "../api/send.ts";
import { WireFailure } from "../api/wire-failure.ts";

/** Fetches a packet's sealed bytes. @throws WireFailure `packet.fetched` where they aren't what was sealed. */
export async function fetchPacket(packetId: string, { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal }): Promise<Blob> {
  const { pieces, sha256, last } = await fetchPieces((from) => sendCall("submissions.download", { packetId, from }, { signal }), onBytes);
  if (sha256 !== last.sha256) throw new WireFailure("packet.fetched");
  return new Blob([...pieces], { type: "application/octet-stream" });
}
