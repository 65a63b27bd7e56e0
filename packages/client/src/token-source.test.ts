import { expect, test } from "vitest";
import { TokenSource } from "./token-source.ts";

const never = new AbortController().signal;

function source(lifetimeMs: number): { tokens: TokenSource; issued: () => number; advance: (ms: number) => void } {
  let clockMs = 0;
  let issued = 0;
  const issue = async (): Promise<{ token: string; lifetimeMs: number }> => ({ token: `t${(issued += 1)}`, lifetimeMs });
  return { tokens: new TokenSource(issue, { now: () => clockMs }), issued: () => issued, advance: (ms) => (clockMs += ms) };
}

test.each([
  [900_000, 840_000],
  [100_000, 80_000],
])("a token of %i ms is used until %i ms and renewed before it expires", async (lifetimeMs, renewAtMs) => {
  const { tokens, advance } = source(lifetimeMs);
  expect(await tokens.get(never)).toBe("t1");
  advance(renewAtMs - 1);
  expect(await tokens.get(never)).toBe("t1");
  advance(1);
  expect(await tokens.get(never)).toBe("t2");
});

test("a token that was refused is forgotten, and a newer one is not", async () => {
  const { tokens, issued } = source(900_000);
  const old = await tokens.get(never);
  tokens.discard(old);
  const fresh = await tokens.get(never);
  tokens.discard(old);
  expect(await tokens.get(never)).toBe(fresh);
  expect(issued()).toBe(2);
});

test("a caller that gives up leaves the token to the others", async () => {
  let deliver: (token: string) => void = () => undefined;
  const issue = (): Promise<{ token: string; lifetimeMs: number }> => new Promise((resolve) => (deliver = (token) => resolve({ token, lifetimeMs: 1_000 })));
  const tokens = new TokenSource(issue, { now: () => 0 });
  const stop = new AbortController();
  const first = tokens.get(stop.signal);
  const second = tokens.get(never);
  stop.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  deliver("t1");
  await expect(second).resolves.toBe("t1");
});

test("a failed request is not remembered", async () => {
  let tries = 0;
  const issue = async (): Promise<{ token: string; lifetimeMs: number }> => {
    tries += 1;
    if (tries === 1) throw new Error("no");
    return { token: "t1", lifetimeMs: 1_000 };
  };
  const tokens = new TokenSource(issue, { now: () => 0 });
  await expect(tokens.get(never)).rejects.toThrow("no");
  await expect(tokens.get(never)).resolves.toBe("t1");
});
