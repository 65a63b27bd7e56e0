import { expect, test } from "vitest";
import { outboxLine, routeLine } from "./outbox-lines.ts";

const item = {
  itemId: "obx_00000000000000000000000000",
  packetId: "pkt_00000000000000000000000000",
  recipientId: "rcp_00000000000000000000000000",
  sha256: "0".repeat(64),
  length: 1,
  idempotencyKey: "k".repeat(20),
  state: "sealed",
  phase: "idle",
  attempts: 11,
  enqueuedAt: "2026-03-01T12:00:00.000Z",
  changedAt: "2026-03-01T12:00:00.000Z",
  nextAt: null,
  isStopped: false,
  disagreedAt: null,
} as const;

test("an item's line says where it is, what is under way, and whether it waits for somebody", () => {
  expect(outboxLine(item)).toBe("obx_00000000000000000000000000  sealed        to rcp_00000000000000000000000000, attempts 11, waits for somebody");
  expect(outboxLine({ ...item, phase: "sending", nextAt: "2026-03-01T13:00:00.000Z" })).toContain("  sending       to rcp_");
  expect(outboxLine({ ...item, isStopped: true })).toContain("attempts 11, stopped: its recipient was withdrawn or has another key");
  expect(outboxLine({ ...item, state: "in-doubt", disagreedAt: "2026-03-01T13:00:00.000Z" })).toBe(
    "obx_00000000000000000000000000  in-doubt      to rcp_00000000000000000000000000, attempts 11, its portal disagreed at 2026-03-01T13:00:00.000Z",
  );
});

test("a route's line says how it is, and shows no path, user or key", () => {
  const settings = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "portal" } as const;
  const route = { routeId: "rte_00000000000000000000000000", recipientId: item.recipientId, rank: 0, settings, health: null };
  expect(routeLine(route)).toBe("primary to rcp_00000000000000000000000000: gateway, https://portal.example:443: not looked at yet");
  const health = { state: "unhealthy", since: "2026-03-01T12:00:00.000Z", failure: "unreachable" } as const;
  expect(routeLine({ ...route, rank: 1, health })).toContain(
    "fallback 1 to rcp_00000000000000000000000000: gateway, https://portal.example:443: unhealthy since 2026-03-01T12:00:00.000Z (unreachable)",
  );
});
