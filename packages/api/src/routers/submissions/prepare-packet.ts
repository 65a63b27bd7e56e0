import { PreparePacketInput, PreparePacketOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type NewPacket, packetDigest, packetManifest } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { draftPacket } from "../../submissions/packet-draft.ts";
import { knownFiles, sequenceFindings, stopped } from "../../submissions/sequence-findings.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";
import { ASSEMBLE } from "./assemble-submission.ts";

interface Drafted {
  readonly packet: NewPacket;
  readonly files: number;
  readonly bytes: number;
}

/** Makes the manifest of a packet: what would leave, to whom. Nothing leaves by that, and nobody has approved it yet. */
export const preparePacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...ASSEMBLE, input: PreparePacketInput, output: PreparePacketOutput, recorded: "once", locate: ({ submissionId }, trace) => locateSubmission(deps, submissionId, trace) },
    {
      prepare: async ({ input: { submissionId, sequence, recipientId }, grant, trace }): Promise<Drafted> => {
        const { row, recipient, placed } = await deps.read(async (tx) => ({
          placed: (await deps.submissions.sequences(tx, grant, submissionId)).find(({ number }) => number === sequence),
          row: await deps.submissions.get(tx, grant, submissionId),
          recipient: await deps.recipients.byId(tx, recipientId),
        }));
        if (row === null || placed === undefined) throw new SallyportError("submission.state");
        if (recipient === null || recipient.key === null) throw new SallyportError("recipient.state");
        const known = await knownFiles(deps, grant, placed.documents);
        if (known.length === 0) throw new SallyportError("submission.incomplete", { where: ["no file stands in the sequence"] });
        const where = stopped(sequenceFindings(sequence, known));
        if (where.length > 0) throw new SallyportError("submission.incomplete", { where: where.slice(0, 50) });
        const { files, made } = await draftPacket(deps, grant, sequence, known);
        const id = newId("spk");
        const atMs = deps.now();
        const { study } = row;
        const { vkey, handovers } = deps.signingKey();
        const manifest = packetManifest({
          deployment: deps.deployment,
          packet: id,
          submission: submissionId,
          study,
          sequence,
          recipient: { id: recipient.id, name: recipient.name, key: recipient.key },
          preparedAt: new Date(atMs).toISOString(),
          vkey,
          handovers,
          files,
        });
        const digest = packetDigest(manifest);
        trace.note({ packet: id, sequence, recipient: recipient.id, manifest: digest, files: files.length });
        const packet = { id, submission: submissionId, study, sequence, recipient, manifest, digest, made, atMs };
        return { packet, files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
      },
      commit: async (tx, { grant }, { packet, files, bytes }) => {
        await deps.submissions.prepare(tx, grant, packet);
        return { packetId: packet.id, digest: packet.digest, files, bytes };
      },
    },
  );
