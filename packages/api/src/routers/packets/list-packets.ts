import { GetPacketInput, ListPacketsInput, ListPacketsOutput, PacketSummary } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { locatePacket } from "./packet-place.ts";
import { packetSummary } from "./packet-summary.ts";

/** The packets that lie wholly within the caller's sites, newest first. */
export const listPackets = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "packet.read", resource: "packet", input: ListPacketsInput, output: ListPacketsOutput, locate: ({ study }) => locateSites(deps, { study }) },
    async ({ input: { study, state, cursor, limit }, grant, trace }) => {
      const { cursor: key } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: "packets.list", filter: { study, state } };
      const after = cursor === undefined ? undefined : openCursor(key, scope, cursor);
      const [page, names] = await Promise.all([deps.packets.list(grant, { study, state, after, limit }), deps.names()]);
      const last = page.items.at(-1);
      trace.note({ shown: page.items.length, of: page.total });
      return {
        items: page.items.map((row) => packetSummary(row, { person: grant.person, names })),
        total: page.total,
        next: last !== undefined && page.items.length === limit ? sealCursor(key, scope, last.id) : null,
      };
    },
  );

/** One packet's summary. */
export const getPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "packet.read",
      resource: "packet",
      input: GetPacketInput,
      output: PacketSummary,
      // Reading is not separated from uploading: only the place counts here.
      locate: async ({ packetId }, trace) => {
        const { place } = await locatePacket(deps, packetId, trace);
        return { place, found: null };
      },
    },
    async ({ input, grant }) => {
      const row = await deps.packets.get(grant, input.packetId);
      if (row === null) throw new SallyportError("policy.denied");
      return packetSummary(row, { person: grant.person, names: await deps.names() });
    },
  );
