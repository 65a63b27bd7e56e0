import type { SealBatch } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { SealQueue } from "./seal-queue.ts";

const batchOf = (chain: string, seq = 0): SealBatch => ({
  head: { chain, generation: 1, seq, mac: "0".repeat(64) },
  drafts: [{ chain, principal: "p", role: "r", workload: "w", action: "a", resource: "x", site: "-", decision: "allow", reason: "-", request_id: "q", policy: "-", detail: "-" }],
});
const chainsOf = (batches: readonly SealBatch[]): readonly string[] => batches.map(({ head }) => head.chain);

/** Answers each batch with its chain's name in the place of a MAC; what `refuse` names is refused with the whole call. */
function custodian(refuse: { readonly chain: string; readonly code: "verb.refused" | "trail.unavailable" } | null = null) {
  const calls: (readonly string[])[] = [];
  const queue = new SealQueue((batches) => {
    calls.push(chainsOf(batches));
    if (refuse !== null && chainsOf(batches).includes(refuse.chain)) return Promise.reject(new SallyportError(refuse.code));
    return Promise.resolve(batches.map(({ head }) => ({ timestampUtc: "2026-01-02T03:04:05.000Z", macs: [head.chain] })));
  });
  return {
    calls,
    seal: async (...chains: readonly string[]) =>
      (
        await queue.seal(
          chains.map((chain) => batchOf(chain)),
          1000,
        )
      ).flatMap(({ macs }) => macs),
  };
}

test("seals of several chains that wait together share a frame, and each gets its own answers in order", async () => {
  const { calls, seal } = custodian();
  expect(await Promise.all([seal("a"), seal("b", "c"), seal("d")])).toEqual([["a"], ["b", "c"], ["d"]]);
  expect(calls).toEqual([["a", "b", "c", "d"]]);
});

test("what is refused for one chain is refused for that chain alone", async () => {
  const { seal } = custodian({ chain: "b", code: "verb.refused" });
  const outcomes = await Promise.allSettled([seal("a"), seal("b"), seal("c")]);
  expect(outcomes.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as SallyportError).code))).toEqual([["a"], "verb.refused", ["c"]]);
});

test("a frame that went unanswered fails all its seals, and is not sent again", async () => {
  const { calls, seal } = custodian({ chain: "b", code: "trail.unavailable" });
  const outcomes = await Promise.allSettled([seal("a"), seal("b")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(calls).toHaveLength(1);
});

test("a seal that waits behind frames without an answer ends at its own deadline", async () => {
  const queue = new SealQueue(() => new Promise(() => undefined));
  const held = ["a", "b"].map((chain) => queue.seal([batchOf(chain)], 60_000));
  held.forEach((each) => void each.catch(() => undefined));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(queue.seal([batchOf("c")], 20)).rejects.toMatchObject({ code: "trail.unavailable" });
});
