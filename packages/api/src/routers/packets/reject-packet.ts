import { DecidePacketInput, RejectPacketOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { locatePacket } from "./packet-place.ts";

/** Turns a packet down, with a reason; it stays on record. */
export const rejectPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "packet.reject", resource: "packet", input: DecidePacketInput, output: RejectPacketOutput, locate: ({ packetId }, trace) => locatePacket(deps, packetId, trace) },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant }, reason) => {
        const locked = await deps.packets.lock(tx, grant, input.packetId);
        if (locked === null) throw new SallyportError("policy.denied");
        if (locked.state !== "quarantined") throw new SallyportError("packet.state");
        await deps.changes.insert(tx, reason);
        await deps.packets.decide(tx, grant, input.packetId, "rejected", null);
        return { packetId: input.packetId, state: "rejected" as const };
      },
    },
  );
