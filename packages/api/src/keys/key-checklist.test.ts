import { expect, test } from "vitest";
import { movesOf, moveSteps, turnsOf, turnSteps } from "./key-checklist.ts";
import type { RingState } from "./ring-ports.ts";

const NOW_MS = 1_000_000_000;
const NOW_S = NOW_MS / 1000;
type Key = RingState["keys"][number];
const key = (id: string, state: Key["state"], more: Partial<Key> = {}): Key => ({ id, state, fromS: 0, untilS: null, wraps: null, lacking: [], holders: null, ...more });
const ringOf = (ring: RingState["ring"], ...keys: Key[]): RingState => ({ ring, at: 1, windows: { ageMaxS: 1, usesMax: null }, keys });
const seenOf = (ring: RingState, turn: string) =>
  turnSteps(ring, turn, NOW_MS)
    .filter(({ by }) => by === "product")
    .map(({ step, isDone, standing }) => `${step} ${isDone ? "done" : "open"}${standing === null ? "" : ` (${standing})`}`);

test("the steps of a turn that the product sees follow the ring as it stands, and nothing is done before it is", () => {
  const one = ringOf("token", key("token-1", "active"));
  expect(turnsOf(one)).toEqual({ turns: ["token-2"], underWay: null });
  expect(seenOf(one, "token-2")).toEqual(["made open", "held open", "used open", "over open", "retired open"]);
  const made = ringOf("token", key("token-1", "active"), key("token-2", "next", { lacking: ["node-b"] }));
  expect(turnsOf(made)).toEqual({ turns: ["token-2"], underWay: "token-2" });
  expect(seenOf(made, "token-2")).toEqual(["made done", "held open (not yet: node-b)", "used open", "over open", "retired open"]);
  const used = ringOf("token", key("token-1", "retiring", { untilS: NOW_S + 60 }), key("token-2", "active"));
  expect(seenOf(used, "token-2")).toEqual(["made done", "held done", "used done", "over open (until 1970-01-12 13:47 UTC)", "retired open"]);
  const over = ringOf("token", key("token-1", "retiring", { untilS: NOW_S }), key("token-2", "active"));
  expect(seenOf(over, "token-2")).toEqual(["made done", "held done", "used done", "over done", "retired open"]);
  const retired = ringOf("token", key("token-1", "retired", { untilS: 1 }), key("token-2", "active"));
  expect(turnsOf(retired)).toEqual({ turns: ["token-3", "token-2"], underWay: null });
  expect(seenOf(retired, "token-2").every((step) => step.endsWith("done"))).toBe(true);
  expect(seenOf(retired, "token-3").some((step) => step.endsWith("done"))).toBe(false);
});

test("a turn that went back isn't in use, one that was taken back is no turn, and what couldn't be counted isn't nothing", () => {
  const back = ringOf("kek", key("kek-1", "active", { wraps: 3 }), key("kek-2", "retiring", { untilS: NOW_S, wraps: 2 }));
  expect(turnsOf(back)).toEqual({ turns: ["kek-3", "kek-2"], underWay: "kek-2" });
  expect(seenOf(back, "kek-2")).toEqual(["made done", "used open (it was turned back to kek-1)", "moved open", "over open", "retired open"]);
  const dropped = ringOf("kek", key("kek-1", "active"), key("kek-2", "destroyed"));
  expect(turnsOf(dropped)).toEqual({ turns: ["kek-3"], underWay: null });
  const uncounted = ringOf("kek", key("kek-1", "retiring", { untilS: NOW_S }), key("kek-2", "active"));
  expect(seenOf(uncounted, "kek-2")).toContain("moved open (could not be counted)");
  const chains = ringOf("audit", key("audit-1", "retiring", { untilS: NOW_S }), key("audit-2", "active"));
  expect(seenOf(chains, "audit-2")).toContain("moved open (could not be counted)");
  // Turned back from a later one: the key before is the earlier, not the one that retires now.
  const again = ringOf("kek", key("kek-1", "retired", { untilS: 1 }), key("kek-2", "active"), key("kek-3", "retiring", { untilS: NOW_S, wraps: 1 }));
  expect(seenOf(again, "kek-2").every((step) => step.endsWith("done"))).toBe(true);
});

test("an authority's turn ends when nobody trusts the one before and its secret is destroyed", () => {
  const trusted = ringOf("ca", key("ca-1", "retired", { untilS: 1, holders: ["svc/lab"] }), key("ca-2", "active"));
  expect(seenOf(trusted, "ca-2").slice(-2)).toEqual(["dropped open (trusted still by: svc/lab)", "destroyed open"]);
  const gone = ringOf("ca", key("ca-1", "destroyed", { untilS: 1 }), key("ca-2", "active"));
  expect(seenOf(gone, "ca-2").slice(-2)).toEqual(["dropped done", "destroyed done"]);
});

test("a move of the root key is seen once the store says so, and whether the key is there only of the last one", () => {
  const never = { moves: 0, movedAtMs: null, provider: null, isPresent: true };
  expect(movesOf(never)).toEqual(["root-2"]);
  expect(moveSteps(never, "root-2").filter(({ isDone }) => isDone)).toEqual([]);
  const moved = { moves: 2, movedAtMs: NOW_MS, provider: "pkcs11", isPresent: false };
  expect(movesOf(moved)).toEqual(["root-4", "root-3", "root-2"]);
  const doneIn = (turn: string) => moveSteps(moved, turn).flatMap(({ step, isDone }) => (isDone ? [step] : []));
  expect([doneIn("root-2"), doneIn("root-3"), doneIn("root-4")]).toEqual([["moved", "opens"], ["moved"], []]);
});
