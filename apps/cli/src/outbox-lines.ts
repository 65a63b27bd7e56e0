import type { Connection } from "@sallyport/client";

type Listed = Awaited<ReturnType<Connection["api"]["outbox"]["list"]["query"]>>;

/** One item in a line. */
export function outboxLine({ itemId, recipientId, state, phase, attempts, nextAt, isStopped, disagreedAt }: Listed["items"][number]): string {
  const next = nextAt === null ? (state === "sealed" && phase === "idle" && !isStopped ? ", waits for somebody" : "") : `, next ${nextAt}`;
  const stopped = isStopped ? ", stopped: its recipient was withdrawn or has another key" : "";
  const doubt = disagreedAt === null ? "" : `, its portal disagreed at ${disagreedAt}`;
  return `${itemId}  ${(phase === "idle" ? state : phase).padEnd(12)}  to ${recipientId}, attempts ${attempts}${next}${stopped}${doubt}`;
}

/** One route in a line. */
export function routeLine({ recipientId, rank, settings, health }: Listed["routes"][number]): string {
  const standing = health === null ? "not looked at yet" : `${health.state} since ${health.since}${health.failure === null ? "" : ` (${health.failure})`}`;
  return `${rank === 0 ? "primary" : `fallback ${rank}`} to ${recipientId}: ${settings.name}, ${settings.kind}://${settings.host}:${settings.port}: ${standing}`;
}
