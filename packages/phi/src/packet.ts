import { type DataKey, openBytes, type RandomBytes, sealBytes } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** Bytes of plaintext in every chunk but the last. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * Seals a packet as it came, in chunks of 256 KiB, each bound to the packet, its position and whether it is the last
 * (docs/spec/packet-v1.md). An empty packet is one empty chunk.
 */
export function sealPacket(dataKey: DataKey, packetId: string, bytes: Uint8Array, random?: RandomBytes): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
  return Array.from({ length: count }, (_, index) => sealBytes(dataKey, placeOf(packetId, index, count), bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES), random));
}

/**
 * Opens a whole packet.
 *
 * @throws SallyportError `phi.integrity` if a chunk was altered, is missing, was added, stands elsewhere or is another packet's; nothing is opened in part.
 */
export function openPacket(dataKey: DataKey, packetId: string, chunks: readonly Uint8Array[]): Buffer {
  const opened = chunks.map((chunk, index) => openBytes(dataKey, placeOf(packetId, index, chunks.length), chunk));
  const isWhole = opened.length > 0 && opened.every((chunk, index) => (index < opened.length - 1 ? chunk.length === CHUNK_BYTES : chunk.length <= CHUNK_BYTES));
  if (!isWhole) throw new SallyportError("phi.integrity");
  return Buffer.concat(opened);
}

const placeOf = (id: string, index: number, count: number) => ({ scope: "packet", id, index, last: index === count - 1 });
