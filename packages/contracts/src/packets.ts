import { z } from "zod";
import { DocumentCounts, ReceivedDocument } from "./documents.ts";
import { strict } from "./strict.ts";
import { Count, Cursor, IsoTime, PacketId, PageLimit, Reason, SiteId, StudyId } from "./primitives.ts";
import { Evidence } from "./trail.ts";

export const PacketState = z.enum(["receiving", "quarantined", "released", "rejected", "abandoned"]);

/**
 * One file of a packet; `n` is from 1, in the order sent. While it is received, dataset and format are `-`. A document has its type for a
 * dataset, its media type for a format, and no rows.
 */
export const PacketFile = z.strictObject({ n: z.int().min(1), dataset: z.string(), format: z.string(), rows: Count, bytes: Count, document: ReceivedDocument.nullable() });

/** Subjects that a release makes, gives something new, and leaves as they are. */
export const SubjectCounts = z.strictObject({ created: Count, updated: Count, unchanged: Count });

/** The same of records. `absent`: stored ones of the packet's domains and sites that its files don't name; they stay as they are. */
export const RecordCounts = z.strictObject({ created: Count, updated: Count, unchanged: Count, absent: Count });

/** A packet without any value of it. `dataset` and `format` join those of its files by `+`; the counts are a release's. */
export const PacketSummary = strict({
  packetId: PacketId,
  study: StudyId,
  sites: z.array(SiteId),
  dataset: z.string(),
  format: z.string(),
  profile: z.string(),
  state: PacketState,
  bytes: Count,
  rows: Count,
  receivedAt: IsoTime,
  ingestedBy: z.string(),
  /** The principals' names for people, as they are now; null where there are none. */
  ingestedByName: z.string().nullable(),
  /** Whether the caller's own person brought it in: they neither look into it nor decide. */
  isMine: z.boolean(),
  decidedBy: z.string().nullable(),
  decidedByName: z.string().nullable(),
  decidedAt: IsoTime.nullable(),
  files: z.array(PacketFile),
  subjects: SubjectCounts.nullable(),
  records: RecordCounts.nullable(),
  documents: DocumentCounts.nullable(),
});

/** `content` is one Dataset-JSON file as text (UTF-8, 8 MiB at most), of any domain that names its subjects. */
export const UploadPacketInput = strict({
  study: StudyId,
  content: z
    .string()
    .min(2)
    .max(8 * 1024 * 1024),
});

export const ListPacketsInput = strict({
  study: StudyId.optional(),
  state: PacketState.optional(),
  cursor: Cursor.optional(),
  limit: PageLimit,
});
export const ListPacketsOutput = strict({ items: z.array(PacketSummary), total: Count, next: Cursor.nullable() });

export const GetPacketInput = strict({ packetId: PacketId });

export const DecidePacketInput = strict({ packetId: PacketId, reason: Reason });

/** `collectedBeforeWithdrawal` is the releasing person's statement that what comes for withdrawn subjects was collected before they withdrew. */
export const ReleasePacketInput = strict({ ...DecidePacketInput.shape, collectedBeforeWithdrawal: z.boolean().default(false) });

/** `equal` says that the packet held nothing that wasn't stored already. */
export const ReleasePacketOutput = strict({
  packetId: PacketId,
  state: z.literal("released"),
  subjects: SubjectCounts,
  records: RecordCounts,
  documents: DocumentCounts,
  equal: z.boolean(),
  evidence: z.array(Evidence),
});
export const RejectPacketOutput = strict({ packetId: PacketId, state: z.literal("rejected") });
