import { RequestEgressInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { egressPayload } from "../../approvals/egress-act.ts";
import type { AnyAct } from "../../approvals/registry.ts";
import { requestAct } from "../../approvals/request-act.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";
import { addSequence, assembleSequence, createSubmission } from "./assemble-submission.ts";
import { preparePacket } from "./prepare-packet.ts";
import { getSealedPacket, getSubmission, listSubmissions } from "./read-submissions.ts";
import { sealPacket } from "./seal-packet.ts";
import { downloadPacket, submitPacket } from "./submit-packet.ts";
import { watchSealing } from "./watch-sealing.ts";

/** Submissions, from what stands in a sequence to the sealed packet that leaves. */
export const submissionProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  list: listSubmissions(boundary, deps),
  get: getSubmission(boundary, deps),
  create: createSubmission(boundary, deps),
  addSequence: addSequence(boundary, deps),
  assemble: assembleSequence(boundary, deps),
  prepare: preparePacket(boundary, deps),
  packet: getSealedPacket(boundary, deps),
  seal: sealPacket(boundary, deps),
  sealing: watchSealing(boundary, deps),
  submit: submitPacket(boundary, deps),
  download: downloadPacket(boundary, deps),
});

/** Asks for a packet to be released. */
export const requestEgressProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, act: AnyAct<Tx>) => ({
  requestEgress: requestAct(boundary, deps, act, {
    input: RequestEgressInput,
    locate: async ({ packetId }, trace) => ({ ...(await locateSubmission(deps, packetId, trace)), found: null }),
    payload: async ({ packetId }, grant) => {
      const packet = await deps.read((tx) => deps.submissions.packet(tx, grant, packetId));
      if (packet === null) throw new SallyportError("policy.denied");
      return egressPayload(packet);
    },
    reason: ({ reason }) => reason,
  }),
});
