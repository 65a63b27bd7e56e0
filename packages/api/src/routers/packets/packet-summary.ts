import type { PacketSummary } from "@sallyport/contracts";
import type { DocumentCounts, PacketRow } from "@sallyport/phi";
import type { z } from "zod";

const iso = (ms: number): string => new Date(ms).toISOString();

/** What a release came to that was made before there were documents. */
const NO_DOCUMENTS: DocumentCounts = { created: 0, updated: 0, unchanged: 0 };

/** For whom a packet is summed up, and the names of principals by their ids. */
export interface PacketViewer {
  readonly person: string;
  readonly names: Readonly<Record<string, string>>;
}

/** A packet as the contracts show it: counts and ids. */
export const packetSummary = (row: PacketRow, { person, names }: PacketViewer): z.input<typeof PacketSummary> => ({
  packetId: row.id,
  study: row.study,
  sites: [...row.sites],
  dataset: row.dataset,
  format: row.format,
  profile: row.profile,
  state: row.state,
  bytes: row.bytes,
  rows: row.rows,
  receivedAt: iso(row.receivedAtMs),
  ingestedBy: row.ingestedBy,
  ingestedByName: names[row.ingestedBy] ?? null,
  isMine: row.ingestedByPerson === person,
  decidedBy: row.decidedBy,
  decidedByName: row.decidedBy === null ? null : (names[row.decidedBy] ?? null),
  decidedAt: row.decidedAtMs === null ? null : iso(row.decidedAtMs),
  files: row.files.map((file) => ({ ...file, document: file.document === null ? null : { ...file.document } })),
  subjects: row.outcome === null ? null : { ...row.outcome.subjects },
  records: row.outcome === null ? null : { ...row.outcome.records },
  documents: row.outcome === null ? null : { ...(row.outcome.documents ?? NO_DOCUMENTS) },
});
