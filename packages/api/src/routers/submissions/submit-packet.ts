import { DownloadPacketInput, DownloadPacketOutput, SubmitPacketInput, SubmitPacketOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { type PacketManifest, receiptPath } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { standingManifest } from "../../submissions/standing-manifest.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";

const PIECE_BYTES = 1_048_576;

/** Lets a sealed packet leave, while all that it rests on still holds: it is in the outbox if, and only if, that is on record. */
export const submitPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "submission.submit",
      resource: "ectd_sequence",
      input: SubmitPacketInput,
      output: SubmitPacketOutput,
      evidence: true,
      locate: ({ packetId }, trace) => locateSubmission(deps, packetId, trace),
    },
    {
      prepare: async ({ input: { packetId }, grant }): Promise<PacketManifest> => {
        const packet = await deps.read((tx) => deps.submissions.packet(tx, grant, packetId));
        if (packet === null) throw new SallyportError("policy.denied");
        return await standingManifest(deps, grant, packet, "sealed");
      },
      commit: async (tx, { input: { packetId }, grant, trace }, manifest) => {
        const { key: recipientKey } = manifest.recipient;
        const packet = await deps.submissions.packet(tx, grant, packetId, "hold");
        if (packet === null) throw new SallyportError("policy.denied");
        if (packet.sealed === null || packet.submittedAtMs !== null) throw new SallyportError("packet.state");
        // Who was withdrawn meanwhile gets nothing.
        if ((await deps.recipients.byId(tx, packet.recipient))?.key !== recipientKey) throw new SallyportError("recipient.state");
        await assertStillInForce(deps, tx, grant, manifest);
        const { sha256, length } = packet.sealed;
        await deps.submissions.submit(tx, grant, packetId, deps.now());
        await deps.outbox.enqueue(tx, { packetId, recipientId: packet.recipient, recipientKey, sha256, length, idempotencyKey: packetId });
        trace.note({ packet: packetId, recipient: packet.recipient, sealed: sha256, length });
        return { done: true as const };
      },
    },
  );

/** What was revoked or superseded since the signatures were looked at keeps the packet, too. @throws SallyportError `submission.incomplete` */
async function assertStillInForce<Tx>(deps: Pick<ApiDeps<Tx>, "signatures">, tx: Tx, grant: Grant, { files }: PacketManifest): Promise<void> {
  const paths = new Set(files.map(({ path }) => path));
  const where: string[] = [];
  for (const document of new Set(files.flatMap((file) => file.document ?? []))) {
    const ended = (await deps.signatures.of(tx, grant, document)).filter(({ revoked, supersededBy }) => revoked !== null || supersededBy !== null);
    where.push(...ended.map(receiptPath).filter((path) => paths.has(path)));
  }
  if (where.length > 0) throw new SallyportError("submission.incomplete", { where: where.map((path) => `${path}: not in force any more`) });
}

/** A piece of a submitted packet's sealed bytes: its recipient's alone to open, and each piece a crossing on record. */
export const downloadPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.reveal(
    {
      action: "submission.download",
      resource: "ectd_sequence",
      input: DownloadPacketInput,
      output: DownloadPacketOutput,
      locate: ({ packetId }, trace) => locateSubmission(deps, packetId, trace),
    },
    async ({ input: { packetId, from }, trace }) => {
      const sealed = await deps.sealedPackets.open(packetId);
      if (sealed === null) throw new SallyportError("packet.state");
      const { sha256, length } = sealed;
      if (from % PIECE_BYTES !== 0 || from >= length) throw new SallyportError("input.invalid", { where: ["from: where no piece begins"] });
      const piece = await deps.sealedPackets.read(packetId, from, PIECE_BYTES);
      trace.note({ packet: packetId, from, bytes: piece.length });
      const next = from + piece.length < length ? from + piece.length : null;
      return { store: () => Promise.resolve(), answer: () => ({ sha256, length, from, content: piece.toString("base64"), next }) };
    },
  );
