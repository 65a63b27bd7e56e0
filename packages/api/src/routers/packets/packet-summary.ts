import type { PacketSummary } from "@sallyport/contracts";
import type { PacketRow } from "@sallyport/phi";
import type { z } from "zod";

const iso = (ms: number): string => new Date(ms).toISOString();

/** A packet as the contracts show it: counts and ids. */
export const packetSummary = (row: PacketRow): z.input<typeof PacketSummary> => ({
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
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAtMs === null ? null : iso(row.decidedAtMs),
  subjects: row.outcome === null ? null : { ...row.outcome },
});
