import { ReleasePacketInput, ReleasePacketOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { locatePacket } from "./packet-place.ts";
import { prepareRelease, type PreparedRelease, stateOf } from "./prepare-release.ts";

/** How many of a release's subjects belong to a site. */
const countAt = (release: PreparedRelease, key: string): number => release.sites.filter((site) => site === key).length;

/**
 * Lets a packet out of quarantine, all or nothing: by someone other than who brought it, with a reason, in one transaction with its
 * records, and answered only when their checkpoints are signed. What is stored equal already is left as it is.
 */
export const releasePacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "packet.release",
      resource: "packet",
      input: ReleasePacketInput,
      output: ReleasePacketOutput,
      evidence: true,
      whenBroken: "stop",
      locate: ({ packetId }, trace) => locatePacket(deps, packetId, trace),
    },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        const release = await prepareRelease(deps, grant, input.packetId, input.collectedBeforeWithdrawal);
        // What the releasing person states of withdrawn subjects' data is on record as theirs.
        if (release.withdrawn > 0) trace.note({ withdrawn: release.withdrawn, collected: "before" });
        trace.note({ ...release.counts, commitment: reason.commitment });
        return { release, reason };
      },
      commit: async (tx, { input, grant }, { release, reason }) => {
        const locked = await deps.packets.lock(tx, grant, input.packetId);
        if (locked === null) throw new SallyportError("policy.denied");
        if (locked.packet.state !== "quarantined") throw new SallyportError("packet.state");
        // What the plan was made from must still stand: another release may have come in between. The retry plans anew.
        await deps.subjects.lock(tx, grant, release.known);
        const standing = await deps.subjects.find(tx, grant, locked.packet.study, release.lookups);
        if (stateOf(standing) !== release.basis) throw new SallyportError("service.busy");
        await deps.subjects.insert(tx, grant, release.subjects);
        await deps.subjects.insertVersions(tx, grant, input.packetId, release.records, release.fields);
        await deps.changes.insert(tx, reason);
        await deps.packets.decide(tx, grant, input.packetId, "released", release.counts);
        const equal = release.counts.created === 0 && release.counts.updated === 0;
        return { packetId: input.packetId, state: "released" as const, subjects: release.counts, equal };
      },
      detailAt: ({ release }, site) => ({ subjects: countAt(release, siteKey(site)) }),
    },
  );
