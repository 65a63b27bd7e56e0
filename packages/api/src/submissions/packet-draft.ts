import { createHash } from "node:crypto";
import { RunningSha256, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { DocumentRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import {
  BACKBONE,
  BACKBONE_BYTES_MAX,
  BACKBONE_MD5,
  backboneFaults,
  backboneXml,
  isLeaf,
  isRegionalBackbone,
  type Leaf,
  listedIn,
  PACKET_FILES_MAX,
  type PacketFile,
  receiptPath,
} from "@sallyport/submission";
import type { ApiDeps } from "../ports.ts";
import { receiptOf } from "../signatures/receipt-of.ts";
import { documentBytes } from "./document-bytes.ts";
import type { KnownFile } from "./sequence-findings.ts";

/** What a packet of a sequence would hold: its files, and those of them that were made for it. */
export interface PacketDraft {
  readonly files: readonly PacketFile[];
  /** Content by path within the packet. */
  readonly made: ReadonlyMap<string, Buffer>;
}

/** Places that a refusal names at most. */
const WHERE_MAX = 50;

/**
 * Counts what a packet of a sequence would hold, reads each of its documents whole, makes its backbone unless one was uploaded, holds all of its backbones against the files, and gathers the receipts of all signatures
 * that are in force.
 *
 * @throws SallyportError `submission.incomplete`, which says that these are more files than a packet has, or names what the backbone and the files don't
 *   agree on; `phi.integrity`; `service.busy`.
 */
export async function draftPacket<Tx>(deps: ApiDeps<Tx>, grant: Grant, sequence: string, known: readonly KnownFile[]): Promise<PacketDraft> {
  const { documents, made: others, receipts } = countOf(known);
  if (documents + others + receipts > PACKET_FILES_MAX)
    throw new SallyportError("submission.incomplete", {
      where: [`the whole sequence: ${documents} documents, ${others} made for their index, ${receipts} receipts of signatures; a packet has ${PACKET_FILES_MAX} files at most`],
    });
  const files: PacketFile[] = [];
  const leaves: Leaf[] = [];
  const backbones = new Map<string, string | null>();
  for (const { path, row } of known) {
    if (row === null) throw new SallyportError("submission.incomplete", { where: [`${path}: gone`] });
    const isBackbone = path === BACKBONE || isRegionalBackbone(path);
    const { md5, text } = await readDocument(deps, grant, row, isBackbone);
    leaves.push({ path, md5 });
    if (isBackbone) backbones.set(path, text);
    files.push({ path: `${sequence}/${path}`, bytes: row.bytes, sha256: row.sha256, document: row.id, version: row.version });
  }
  const made = new Map<string, Buffer>();
  const uploaded = leaves.find(({ path }) => path === BACKBONE);
  if (uploaded === undefined) {
    // What a region's own backbone lists is a leaf of that one, and of no other.
    const regional = listedIn(backbones);
    const text = backboneXml(leaves.filter(({ path }) => isLeaf(path) && !regional.has(path)));
    made.set(`${sequence}/${BACKBONE}`, Buffer.from(text, "utf8"));
    backbones.set(BACKBONE, text);
  }
  const faults = backboneFaults(backbones, leaves);
  if (faults.length > 0) throw new SallyportError("submission.incomplete", { where: faults.slice(0, WHERE_MAX) });
  const md5 = uploaded?.md5 ?? md5Of(made.get(`${sequence}/${BACKBONE}`) ?? Buffer.alloc(0));
  made.set(`${sequence}/${BACKBONE_MD5}`, Buffer.from(md5, "latin1"));
  for (const { row, valid } of known) {
    if (row === null) continue;
    for (const signature of valid) made.set(receiptPath(signature), Buffer.from((await receiptOf(deps, grant, signature, row)).text, "utf8"));
  }
  for (const [path, content] of made) files.push({ path, bytes: content.length, sha256: sha256Hex(content), document: null, version: null });
  return { files, made };
}

/** The files that a packet of these would have: a receipt each for a signature, wherever what it is on stands. */
const countOf = (known: readonly KnownFile[]): { readonly documents: number; readonly made: number; readonly receipts: number } => ({
  documents: known.length,
  made: known.some(({ path }) => path === BACKBONE) ? 1 : 2,
  receipts: new Set(known.flatMap(({ valid }) => valid.map(({ id }) => id))).size,
});

const md5Of = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** A version's MD5, its digest compared with what was released; and its text, where it is a backbone and not longer than one may be. */
async function readDocument<Tx>(deps: ApiDeps<Tx>, grant: Grant, row: DocumentRow, isBackbone: boolean): Promise<{ readonly md5: string; readonly text: string | null }> {
  const [md5, sha256] = [createHash("md5"), new RunningSha256()];
  const kept: Buffer[] | null = isBackbone && row.bytes <= BACKBONE_BYTES_MAX ? [] : null;
  for await (const piece of documentBytes(deps, grant, row)) {
    md5.update(piece);
    sha256.update(piece);
    kept?.push(Buffer.from(piece));
  }
  if (sha256.hex() !== row.sha256) throw new SallyportError("phi.integrity", { document: row.id });
  return { md5: md5.digest("hex"), text: kept === null ? null : Buffer.concat(kept).toString("utf8") };
}
