import type { PacketRow } from "@sallyport/phi";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { KeyPlace } from "../../keys/key-desk.ts";
import type { ApiDeps } from "../../ports.ts";

/**
 * Where a packet belongs: every site that it speaks of. One that isn't there has no site, and so ends as a foreign one does; and one that is
 * still being received is there for its uploader alone.
 */
export async function locatePacket<Tx>(deps: Pick<ApiDeps<Tx>, "packets">, packetId: string, trace: Trace): Promise<Located<null>> {
  trace.about(packetId);
  const place = await deps.packets.placeOf(packetId);
  if (place === null || place.sites.length === 0 || place.state === "receiving") return { place: { kind: "one", site: null }, found: null };
  return { place: { kind: "each", sites: place.sites }, found: null, earlier: { action: "packet.upload", person: place.ingestedByPerson } };
}

/** The place of a packet's data key. */
export const packetKeyPlace = ({ id, study }: Pick<PacketRow, "id" | "study">): KeyPlace => ({ purpose: "packet", id, study, site: "-" });
