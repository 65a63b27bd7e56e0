import { z } from "zod";
import { strict } from "./strict.ts";
import { Count, Cursor, IsoTime, PacketId, PageLimit, Reason, SiteId, StudyId } from "./primitives.ts";
import { Evidence } from "./trail.ts";

export const PacketState = z.enum(["quarantined", "released", "rejected"]);

/** A packet without any value of it. */
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
  subjects: z.strictObject({ created: Count, updated: Count, unchanged: Count }).nullable(),
});

/** `content` is one Dataset-JSON file as text (UTF-8, 8 MiB at most). */
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
  subjects: z.strictObject({ created: Count, updated: Count, unchanged: Count }),
  equal: z.boolean(),
  evidence: z.array(Evidence),
});
export const RejectPacketOutput = strict({ packetId: PacketId, state: z.literal("rejected") });
