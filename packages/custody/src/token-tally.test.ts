import { expect, test } from "vitest";
import { TokenTally } from "./token-tally.ts";

test("tokens are counted by their key while they are good, once those from before the count have ended", () => {
  let nowMs = 1_000_000_000;
  const tally = new TokenTally(() => nowMs);
  const mint = (kid: string): void => tally.minted(kid, Math.floor(nowMs / 1000) + 900);
  mint("token-1");
  mint("token-1");
  nowMs += 899_000;
  expect([tally.good("token-1"), tally.good("token-2")]).toEqual([null, null]);
  mint("token-1");
  mint("token-2");
  nowMs += 1000;
  expect([tally.good("token-1"), tally.good("token-2"), tally.good("token-3")]).toEqual([1, 1, 0]);
  nowMs += 899_000;
  expect([tally.good("token-1"), tally.good("token-2")]).toEqual([0, 0]);
});

test("a count goes on record a quarter of an hour after the last one, where there was any", () => {
  let nowMs = 0;
  const tally = new TokenTally(() => nowMs);
  tally.minted("token-1", 900);
  expect(tally.count()).toBeNull();
  nowMs = 900_000;
  expect(tally.count()).toBe("1 since 1970-01-01T00:00:00.000Z");
  nowMs = 1_800_000;
  expect(tally.count()).toBeNull();
});
