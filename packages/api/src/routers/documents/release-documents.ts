import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { DocumentCounts, StudyRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";
import type { PacketInHand } from "../packets/prepare-release.ts";
import { openSites } from "./open-sites.ts";
import { NOT_REPLACED, readDocument, type ReadFile } from "./read-documents.ts";
import { type DocumentFile, storedDocuments } from "./stored-documents.ts";

export const isNothingNew = ({ created, updated }: DocumentCounts): boolean => created + updated === 0;

/** The documents of a packet in hand. */
export const documentsInHand = <Tx>(deps: Pick<ApiDeps<Tx>, "read" | "packets">, grant: Grant, { packet, key }: PacketInHand): readonly DocumentFile[] =>
  storedDocuments(packet, key, (part) => deps.read((tx) => deps.packets.chunks(tx, grant, packet.id, part)));

/** Reads a document of a packet in hand again. @throws SallyportError `phi.integrity` where it isn't what it was when it came; as {@link readDocument}. */
export async function readAgain({ packet }: PacketInHand, file: DocumentFile): Promise<ReadFile> {
  const read = await readDocument(file);
  const known = packet.files.find(({ n }) => n === file.n)?.document;
  if (known?.sha256 !== read.received.sha256 || known.mediaType !== read.received.mediaType) throw new SallyportError("phi.integrity", { packet: packet.id });
  return read;
}

/** Why a document can't go where it says that it belongs; null where it can. A study may have got more sites since it came. */
export const misplaced = (grant: Grant, study: StudyRow, { received }: ReadFile): string | null =>
  received.site !== null || openSites(study).every((site) => grant.covers({ study: study.id, site })) ? null : "is the whole study's, which has sites that the packet isn't for";

/**
 * Reads a packet's documents once more before its transaction begins. Nothing is written.
 *
 * @throws SallyportError `packet.conflict`, `packet.invalid`, `phi.integrity`.
 */
export async function prepareDocuments<Tx>(deps: ApiDeps<Tx>, grant: Grant, inHand: PacketInHand): Promise<readonly ReadFile[]> {
  const read: ReadFile[] = [];
  for (const file of documentsInHand(deps, grant, inHand)) {
    const document = await readAgain(inHand, file);
    const fault = misplaced(grant, inHand.study, document);
    if (fault !== null) throw new SallyportError("packet.conflict", { where: [`file ${file.n}: ${fault}`] });
    read.push(document);
  }
  return read;
}

/**
 * Releases them in the caller's transaction: each is a new document, or the next version of the one that it replaces; bytes that are stored at
 * its place already change nothing.
 *
 * @throws SallyportError `packet.conflict`, `service.busy` where another release brings the same at this moment.
 */
export async function releaseDocuments<Tx>(
  { documents }: Pick<ApiDeps<Tx>, "documents">,
  tx: Tx,
  grant: Grant,
  { packet, study }: PacketInHand,
  files: readonly ReadFile[],
): Promise<DocumentCounts> {
  const counts = { created: 0, updated: 0, unchanged: 0 };
  for (const { n, bytes, received } of files) {
    const standing = await documents.standing(tx, grant, study.id, received);
    if (received.replaces !== null && standing === null) throw new SallyportError("packet.conflict", { where: [`file ${n}: ${NOT_REPLACED}`] });
    const outcome = standing === null ? "created" : standing.isEqual ? "unchanged" : "updated";
    counts[outcome] += 1;
    if (outcome === "unchanged") continue;
    const { type, site, mediaType, sha256 } = received;
    const version = standing === null ? { id: newId("doc"), version: 1 } : { id: standing.id, version: standing.version + 1 };
    await documents.insert(tx, grant, { ...version, study: study.id, site, type, mediaType, sha256, bytes, packet: packet.id, file: n });
  }
  return counts;
}
