import type { Verdict } from "@sallyport/custody";
import { expect, test } from "vitest";
import { chainVerdict } from "./chain-verdicts.ts";

const verdict = (generation: number, more: Partial<Verdict> = {}): Verdict => ({
  chain: "system",
  generation,
  size: 9,
  at: "T9",
  broken: null,
  fullAt: "T5",
  sealsAt: "T7",
  ...more,
});
const at = { chain: "system", generation: 2 };
const of = (...verdicts: readonly Verdict[]) => chainVerdict(verdicts, at, undefined);

test("a chain is verified as its least verified generation is", () => {
  expect(of(verdict(2), verdict(1, { fullAt: "T3", sealsAt: "T8" }))).toMatchObject({ verifiedAt: "T3", sealsAt: "T7", checkedAt: "T9" });
  // What was verified in full without a seal needs none.
  expect(of(verdict(2, { fullAt: "T8", sealsAt: null }), verdict(1))).toMatchObject({ verifiedAt: "T5", sealsAt: "T7" });
  expect(of(verdict(2, { fullAt: null, sealsAt: null }), verdict(1))).toMatchObject({ verifiedAt: null, sealsAt: null, checkedAt: "T9" });
  expect(of(verdict(1))).toMatchObject({ verifiedAt: null, checkedAt: null });
  // Of an earlier one there is no word.
  expect(of(verdict(2))).toMatchObject({ verifiedAt: null, sealsAt: null, checkedAt: "T9" });
  expect(of({ ...verdict(2), chain: "site:S/1" })).toMatchObject({ verifiedAt: null });
});

test("a generation that was broken once is told for ever, though the chain has gone on", () => {
  const broken = { seq: 3, kind: "altered", why: "" };
  expect(of(verdict(1, { broken }), verdict(2))).toMatchObject({ broken: null, brokenBefore: { generation: 1, seq: 3, kind: "altered" } });
  expect(of(verdict(1), verdict(2, { broken }))).toMatchObject({ broken: { seq: 3, kind: "altered" }, brokenBefore: null });
});
