import type { SealedPacketSummary } from "@sallyport/contracts";
import { type PacketRow, packetState } from "@sallyport/submission";
import type { z } from "zod";

const iso = (ms: number): string => new Date(ms).toISOString();

/** A packet as the contracts show it. */
export const sealedPacketSummary = (row: PacketRow): z.input<typeof SealedPacketSummary> => ({
  packetId: row.id,
  sequence: row.sequence,
  recipientId: row.recipient,
  recipientName: row.recipientName,
  state: packetState(row),
  digest: row.digest,
  preparedAt: iso(row.preparedAtMs),
  approvalId: row.released?.approval ?? null,
  sealed: row.sealed === null ? null : { sha256: row.sealed.sha256, length: row.sealed.length, at: iso(row.sealed.atMs) },
  submittedAt: row.submittedAtMs === null ? null : iso(row.submittedAtMs),
});
