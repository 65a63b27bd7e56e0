import { ReleasePacketInput, ReleasePacketOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { isNothingNew, prepareDocuments, releaseDocuments } from "../documents/release-documents.ts";
import { carryOutRelease } from "./carry-out-release.ts";
import { locatePacket } from "./packet-place.ts";
import { prepareRelease } from "./prepare-release.ts";
import { ReleaseTally } from "./release-tally.ts";

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
      locate: ({ packetId }, trace) => locatePacket(deps, packetId, trace),
    },
    {
      prepare: async ({ input, grant }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        const release = await prepareRelease(deps, grant, input.packetId, input.collectedBeforeWithdrawal);
        const documents = await prepareDocuments(deps, grant, release);
        return { release, documents, reason, tally: new ReleaseTally() };
      },
      commit: async (tx, { input, grant, trace }, { release, documents, reason, tally }) => {
        const locked = await deps.packets.lock(tx, grant, input.packetId);
        if (locked === null) throw new SallyportError("policy.denied");
        if (locked.state !== "quarantined") throw new SallyportError("packet.state");
        await carryOutRelease(deps, tx, grant, release, tally);
        const released = await releaseDocuments(deps, tx, grant, release, documents);
        const { subjects, records } = tally.total;
        // What the releasing person states of withdrawn subjects' data is on record as theirs.
        if (tally.withdrawnSubjects > 0) trace.note({ withdrawn: tally.withdrawnSubjects, collected: "before" });
        trace.note({ ...subjects, records: records.created + records.updated, commitment: reason.commitment });
        if (documents.length > 0) trace.note({ documents: released.created + released.updated });
        await deps.changes.insert(tx, reason);
        await deps.packets.decide(tx, grant, input.packetId, "released", { subjects, records, documents: released });
        return { packetId: input.packetId, state: "released" as const, subjects, records, documents: released, equal: tally.isEqual && isNothingNew(released) };
      },
      detailAt: ({ tally, documents }, { site }) => {
        const { subjects, records } = tally.at(site);
        const here = documents.filter(({ received }) => received.site === null || received.site === site).length;
        return { subjects: subjects.created + subjects.updated + subjects.unchanged, records: records.created + records.updated, ...(here > 0 && { documents: here }) };
      },
    },
  );
