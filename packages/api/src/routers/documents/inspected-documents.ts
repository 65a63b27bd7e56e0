import type { InspectPacketOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { DocumentCounts, ReceivedDocument } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { ApiDeps } from "../../ports.ts";
import type { PacketInHand } from "../packets/prepare-release.ts";
import { NOT_REPLACED, type ReadFile } from "./read-documents.ts";
import { documentsInHand, misplaced, readAgain } from "./release-documents.ts";
import type { DocumentFile } from "./stored-documents.ts";

type Shown = z.input<typeof InspectPacketOutput>["documents"][number];
type Check = Shown["checks"][number];

/** What an inspection shows of a packet's documents, and what releasing them would do now. */
export interface InspectedDocuments {
  readonly shown: readonly Shown[];
  readonly counts: DocumentCounts;
  readonly refused: boolean;
}

/** Reads a packet's documents as a release would, and looks which of them are stored. Nothing of their content is shown but what they are. */
export async function inspectDocuments<Tx>(deps: ApiDeps<Tx>, grant: Grant, inHand: PacketInHand): Promise<InspectedDocuments> {
  const shown: Shown[] = [];
  const counts = { created: 0, updated: 0, unchanged: 0 };
  for (const file of documentsInHand(deps, grant, inHand)) {
    const one = await inspectOne(deps, grant, inHand, file);
    shown.push(one);
    if (one.would !== null) counts[one.would.outcome] += 1;
  }
  return { shown, counts, refused: shown.some(({ checks }) => checks.some(({ outcome }) => outcome === "fails")) };
}

async function inspectOne<Tx>(deps: ApiDeps<Tx>, grant: Grant, inHand: PacketInHand, file: DocumentFile): Promise<Shown> {
  const received = receivedOf(inHand, file.n);
  const base = { n: file.n, bytes: file.bytes, ...received };
  let read: ReadFile;
  try {
    read = await readAgain(inHand, file);
  } catch (error) {
    // What was right when it came, and isn't to this version's reader.
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    const where = ((error.context["where"] as readonly unknown[] | undefined) ?? []).map(String);
    return { ...base, facts: { pdfVersion: null, xmlRoot: null, entries: null, inflatedBytes: null }, checks: [{ check: "structure", outcome: "fails", where }], would: null };
  }
  const standing = await deps.read((tx) => deps.documents.standing(tx, grant, inHand.study.id, received));
  const fault = misplaced(grant, inHand.study, read) ?? (received.replaces !== null && standing === null ? NOT_REPLACED : null);
  const { facts, notes } = read.inspected;
  const checks: Check[] = [
    { check: "structure", outcome: "holds", where: [] },
    { check: "place", outcome: fault === null ? "holds" : "fails", where: fault === null ? [] : [`file ${file.n}: ${fault}`] },
    noted("active", notes.active),
    ...(read.received.mediaType === "application/zip" ? [noted("nested", notes.nested)] : []),
  ];
  return { ...base, facts: { ...facts }, checks, would: fault === null ? wouldBe(standing) : null };
}

const noted = (check: "active" | "nested", where: readonly string[]): Check => ({ check, outcome: where.length === 0 ? "holds" : "noted", where: [...where] });

function wouldBe(standing: { readonly id: string; readonly version: number; readonly isEqual: boolean } | null): Shown["would"] {
  if (standing === null) return { outcome: "created", documentId: null, version: 1 };
  const { id: documentId, version, isEqual } = standing;
  return isEqual ? { outcome: "unchanged", documentId, version } : { outcome: "updated", documentId, version: version + 1 };
}

function receivedOf({ packet }: PacketInHand, n: number): ReceivedDocument {
  const received = packet.files.find((file) => file.n === n)?.document;
  if (received === undefined || received === null) throw new SallyportError("phi.integrity", { packet: packet.id });
  return received;
}
