import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { type PacketManifest, type PacketRow, packetState, readPacketManifest, receiptPath } from "@sallyport/submission";
import type { ApiDeps } from "../ports.ts";
import { knownFiles } from "./sequence-findings.ts";

/**
 * A packet's manifest, while all that it rests on still holds: the recipient's key, and the signatures whose receipts are in it.
 *
 * @throws SallyportError `packet.state` where the packet isn't in this state; `recipient.state` where its recipient has the key no more;
 * `submission.incomplete` where a signature isn't in force any more, has no record that is found, or is broken.
 */
export async function standingManifest<Tx>(deps: ApiDeps<Tx>, grant: Grant, packet: PacketRow, state: "released" | "sealed"): Promise<PacketManifest> {
  const manifest = readPacketManifest(packet.manifest);
  if (manifest === null || packetState(packet) !== state) throw new SallyportError("packet.state");
  const documents = manifest.files.flatMap(({ path, document, version }) => (document === null || version === null ? [] : [{ path, document, version, needsApproval: false }]));
  const recipient = await deps.read((tx) => deps.recipients.byId(tx, packet.recipient));
  const known = await knownFiles(deps, grant, documents);
  if (recipient?.key !== manifest.recipient.key) throw new SallyportError("recipient.state");
  const valid = new Set(known.flatMap((file) => file.valid.map(receiptPath)));
  const gone = manifest.files.filter(({ path }) => path.startsWith("evidence/") && !valid.has(path));
  const where = [
    ...gone.map(({ path }) => `${path}: not in force any more, or no record of it is found`),
    ...known.filter(({ isBroken }) => isBroken).map(({ path }) => `${path}: broken`),
  ];
  if (where.length > 0) throw new SallyportError("submission.incomplete", { where });
  return manifest;
}
