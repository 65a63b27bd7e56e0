import { Hex64, RecipientId, RecipientKey, SealedPacketId, SequenceNumber, StudyId, SubmissionId } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { type PacketRow, readPacketManifest, recipientFingerprint } from "@sallyport/submission";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;

/** The custodian reads the manifest's digest from here. */
const Released = z.strictObject({
  packetId: SealedPacketId,
  digest: Hex64,
  submissionId: SubmissionId,
  study: StudyId,
  sequence: SequenceNumber,
  recipientId: RecipientId,
  recipientKey: RecipientKey,
});
export type EgressPayload = z.output<typeof Released>;

/** What a request says of a packet. @throws SallyportError `phi.integrity` where its manifest isn't one. */
export function egressPayload({ id, manifest, digest, submission, study, sequence, recipient }: PacketRow): EgressPayload {
  const said = readPacketManifest(manifest);
  if (said === null) throw new SallyportError("phi.integrity", { packet: id });
  return { packetId: id, digest, submissionId: submission, study, sequence, recipientId: recipient, recipientKey: said.recipient.key };
}

/** Whether what stands in the sequence is what the manifest lists: it may have been put together otherwise since. */
async function isUnchanged<Tx>(deps: ApiDeps<Tx>, tx: Tx, grant: Grant, { manifest, submission, sequence }: PacketRow): Promise<boolean> {
  const placed = (await deps.submissions.sequences(tx, grant, submission)).find(({ number }) => number === sequence)?.documents ?? [];
  const listed = readPacketManifest(manifest)?.files.filter(({ document }) => document !== null) ?? [];
  return (
    placed.length === listed.length &&
    placed.every(({ path, document, version }) => listed.some((file) => file.path === `${sequence}/${path}` && file.document === document && file.version === version))
  );
}

/** Releases a packet to its recipient. The custodian signs its manifest upon this approval, so that has to be by a passkey that it holds. */
export const egressAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, EgressPayload> => ({
  kind: "egress.release",
  ask: { action: "submission.assemble", resource: "ectd_sequence" },
  comesTo: "submission.release",
  approve: { action: "submission.release", resource: "ectd_sequence" },
  isStudyWide: true,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: "proven_passkey",
  payload: Released,
  concerns: () => null,
  async effect(tx, grant, { packetId, digest, recipientId, recipientKey }) {
    const packet = await deps.submissions.packet(tx, grant, packetId, "hold");
    const manifest = packet === null ? null : readPacketManifest(packet.manifest);
    const recipient = await deps.recipients.byId(tx, recipientId);
    if (packet === null || manifest === null || packet.digest !== digest) return { about: packetId, lines: [], refused: "policy.denied" };
    const isTheirs = recipient?.key === recipientKey && recipient.version === packet.recipientVersion && manifest.recipient.key === recipientKey;
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      about: `sequence ${packet.sequence} of ${packet.study} to ${packet.recipientName}`,
      lines: [
        { what: `packet ${packetId}`, before: "prepared", after: `released to ${packet.recipientName} (${recipientId}): signed, then sealed to their key` },
        { what: "fingerprint of their key", before: null, after: recipientFingerprint(recipientKey) },
        { what: "SHA-256 of the manifest", before: null, after: digest },
        { what: "files", before: null, after: `${manifest.files.length}, ${bytes} bytes` },
      ],
      refused: packet.released !== null ? "packet.state" : !isTheirs ? "recipient.state" : (await isUnchanged(deps, tx, grant, packet)) ? null : "approval.changed",
    };
  },
  async perform(tx, { packetId, digest }, { id, statement }) {
    const manifest = await deps.submissions.manifest(tx, packetId);
    if (manifest === null) throw new SallyportError("approval.changed");
    const signature = await deps.signDocument("packet", manifest, statement);
    await deps.submissions.release(tx, { id: packetId, approval: id, signature, atMs: deps.now() });
    return { packet: packetId, manifest: digest };
  },
});
