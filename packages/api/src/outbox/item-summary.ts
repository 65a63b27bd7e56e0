import type { ListOutboxOutput, OutboxItemSummary } from "@sallyport/contracts";
import { isSettled, type OutboxRow, type RouteStanding } from "@sallyport/outbox";
import type { z } from "zod";

const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** An item as the contracts show it. */
export const itemSummary = ({
  id,
  packetId,
  recipientId,
  hasKey,
  sha256,
  length,
  idempotencyKey,
  enqueuedAtMs,
  changedAtMs,
  disagreedAtMs,
  item,
}: OutboxRow): z.input<typeof OutboxItemSummary> => ({
  itemId: id,
  packetId,
  recipientId,
  sha256,
  length,
  idempotencyKey,
  state: item.state,
  phase: item.phase,
  attempts: item.attempt,
  enqueuedAt: iso(enqueuedAtMs),
  changedAt: iso(changedAtMs),
  nextAt: item.state === "sealed" && !hasKey ? null : isoOrNull(item.nextAtMs),
  isStopped: !isSettled(item) && !hasKey,
  disagreedAt: isoOrNull(disagreedAtMs),
});

/** A route as the contracts show it. */
export const routeSummary = ({ id, recipientId, rank, settings, health }: RouteStanding): z.input<typeof ListOutboxOutput>["routes"][number] => ({
  routeId: id,
  recipientId,
  rank,
  settings,
  health: health === null ? null : { state: health.state, since: iso(health.sinceMs), failure: health.failure },
});
