import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chooseRoute, readReceipt, type Receipt, type Route, type RouteHealth, verdictOf } from "./index.ts";

const KEY = "k".repeat(26);
const SHA = "ab".repeat(32);
const SEALED = { idempotencyKey: KEY, sha256: SHA, length: 12 };
const WHOLE = { v: 1, key: KEY, at: "2026-03-01T12:00:00Z", outcome: "received", sha256: SHA, length: 12, receipt: "r-1" };
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe("a receipt", () => {
  test("counts for what was sealed, by its key, digest and length, and for nothing else", () => {
    const verdict = (over: object): string => verdictOf(readReceipt(bytesOf({ ...WHOLE, ...over })) as Receipt, SEALED).kind;
    expect(verdict({})).toBe("received");
    expect(verdict({ outcome: "rejected", reason: "schema.invalid" })).toBe("rejected");
    for (const other of [{ key: "o".repeat(26) }, { sha256: "cd".repeat(32) }, { length: 13 }]) {
      expect([other, verdict(other)]).toEqual([other, "disagrees"]);
      expect([other, verdict({ ...other, outcome: "rejected", reason: "x" })]).toEqual([other, "disagrees"]);
    }
    expect(verdictOf({ v: 1, key: "o".repeat(26), at: WHOLE.at, outcome: "not-received" }, SEALED).kind).toBe("disagrees");
  });

  test("is as the spec shows one, with the digest that the spec's request has", () => {
    const spec = readFileSync(new URL("../../../docs/spec/delivery-v1.md", import.meta.url), "utf8");
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(spec) ?? [];
    const digest = createHash("sha256").update("test");
    const receipt = readReceipt(Buffer.from(example)) as Receipt;
    expect(verdictOf(receipt, { idempotencyKey: "key-00000000000000000001", sha256: digest.copy().digest("hex"), length: 4 }).kind).toBe("received");
    expect(spec).toContain(`Content-Digest: sha-256=:${digest.digest("base64")}:`);
  });

  test("is read whole, in its one form, or is none", () => {
    expect(readReceipt(bytesOf(WHOLE))).toEqual(WHOLE);
    for (const none of [
      { ...WHOLE, v: 2 },
      { ...WHOLE, more: 1 },
      { ...WHOLE, sha256: undefined },
      { ...WHOLE, outcome: "rejected" },
      { ...WHOLE, receipt: "two words" },
      { ...WHOLE, outcome: "not-received" },
      { v: 1, key: KEY, outcome: "not-received" },
      [WHOLE],
      null,
    ])
      expect([none, readReceipt(bytesOf(none))]).toEqual([none, null]);
    expect(readReceipt(Buffer.from("<html>404</html>"))).toBeNull();
    expect(readReceipt(Buffer.from([0x22, 0xff, 0x22]))).toBeNull();
    expect(readReceipt(bytesOf({ ...WHOLE, pad: "x".repeat(70_000) }))).toBeNull();
  });
});

describe("routes", () => {
  const https = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "portal" } as const;
  const sftp = { kind: "sftp", name: "drop", host: "sftp.example", port: 22, folder: "/in", user: "sender", hostKey: `SHA256:${"A".repeat(43)}`, credential: "ssh" } as const;
  const routes: readonly Route[] = [https, sftp].map((settings, rank) => ({ id: `rte_${rank}`, recipientId: "rcp_1", rank, settings }));
  const of = (...states: readonly (RouteHealth["state"] | null)[]): ReadonlyMap<string, RouteHealth> =>
    new Map(states.flatMap((state, rank) => (state === null ? [] : [[`rte_${rank}`, { state, sinceMs: 0, failure: null }]])));

  test("the primary is used while it is healthy and hasn't surely failed; a fallback otherwise; none where none is healthy", () => {
    expect(chooseRoute(routes, of("healthy", "healthy"), {})?.rank).toBe(0);
    expect(chooseRoute(routes, of("unhealthy", "healthy"), {})?.rank).toBe(1);
    expect(chooseRoute(routes, of("healthy", "healthy"), { rte_0: 1 })?.rank).toBe(1);
    expect(chooseRoute(routes, of("healthy", "healthy"), { rte_0: 1, rte_1: 1 })?.rank).toBe(0);
    expect(chooseRoute(routes, of("healthy", "unhealthy"), { rte_0: 3 })?.rank).toBe(0);
    expect(chooseRoute(routes, of(null, null), {})).toBeNull();
    expect(chooseRoute(routes, of("unhealthy", null), {})).toBeNull();
  });
});
