import type { Product } from "./product.ts";

const id = (prefix: string, digit: number): string => `${prefix}_${String(digit).repeat(26)}`;

/** Enters requests as a node enters what was handed over to it: two that wait, one that was done, two that were refused, one that was discarded. */
export const enterSpooled = (product: Product): Promise<void> =>
  product.withOwner(async (owner) => {
    const nowMs = Date.now();
    const rows = [
      ["packets.upload", "waiting", null],
      ["packets.begin", "replayed", null],
      ["packets.complete", "refused", "workload.revoked"],
      ["packets.upload", "refused", "packet.invalid"],
      ["packets.upload", "waiting", null],
      ["packets.upload", "discarded", null],
    ] as const;
    for (const [at, [procedure, state, reason]] of rows.entries()) {
      const isSettled = state !== "waiting";
      await owner`
        INSERT INTO ingress.spooled (receipt, spool, n, workload, x5t, principal, procedure, taken_ms, bytes, sha256, state, reason, request_id, settled_ms, approval)
        VALUES (${id("spl", at)}, ${id("spool", 9)}, ${at + 1}, 'spiffe://d.sallyport/service/ingest', ${"x".repeat(43)}, 'svc_ingest', ${procedure}, ${nowMs - 600_000 * (at + 1)}, 2048,
                ${"0".repeat(64)}, ${state}, ${reason}, ${isSettled && state !== "discarded" && reason !== "workload.revoked" ? id("req", at) : null}, ${isSettled ? nowMs - 60_000 : null},
                (SELECT r.id FROM approvals.requests r WHERE ${state} = 'discarded' LIMIT 1))`;
    }
  });
