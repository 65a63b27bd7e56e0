import type { SessionTokenOutput } from "@sallyport/contracts";
import { describe, expect, test } from "vitest";
import { SessionVault } from "./session-vault.ts";

const LIFE_MS = 900_000;

function vaultOf(sizeMax = 10) {
  let now = 1_000_000;
  let renewals = 0;
  let gate: Promise<void> = Promise.resolve();
  const output = (secret: string): SessionTokenOutput => ({
    sessionId: `ses_${secret}`,
    token: `${secret}-${renewals}`,
    expiresAt: new Date(now + LIFE_MS).toISOString(),
    personId: "per_1",
    printedName: "Ada",
    idleSeconds: 900,
    endsAt: new Date(now + LIFE_MS).toISOString(),
  });
  const renew = async (secret: string) => {
    renewals += 1;
    await gate;
    if (secret === "bad") throw new Error("refused");
    return output(secret);
  };
  return {
    vault: new SessionVault({ renew, now: () => now, sizeMax }),
    output,
    pass: (ms: number) => (now += ms),
    hold: () => {
      let open = () => {};
      gate = new Promise((resolve) => (open = resolve));
      return () => open();
    },
    renewals: () => renewals,
  };
}

describe("the vault of tokens", () => {
  test("a token is used until a minute before its end, and then renewed", async () => {
    const { vault, pass, renewals } = vaultOf();
    const first = (await vault.tokenOf("a")).token;
    pass(LIFE_MS - 60_000);
    expect((await vault.tokenOf("a")).token).toBe(first);
    pass(1);
    expect((await vault.tokenOf("a")).token).not.toBe(first);
    expect(renewals()).toBe(2);
  });

  test("calls that need a token at once have it renewed once for all of them", async () => {
    const { vault, hold, renewals } = vaultOf();
    const open = hold();
    const tokens = Array.from({ length: 50 }, () => vault.tokenOf("a"));
    open();
    expect(new Set((await Promise.all(tokens)).map(({ token }) => token)).size).toBe(1);
    expect(renewals()).toBe(1);
  });

  test("a renewal that fails fails for all who wait, and the next one asks again", async () => {
    const { vault, renewals } = vaultOf();
    expect((await Promise.allSettled([vault.tokenOf("bad"), vault.tokenOf("bad")])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(vault.tokenOf("bad")).rejects.toThrow("refused");
    expect(renewals()).toBe(2);
  });

  test("a session that was forgotten while its renewal was under way is not kept again", async () => {
    const { vault, hold, renewals } = vaultOf();
    const open = hold();
    const asked = vault.tokenOf("a");
    vault.forget("a");
    open();
    await asked;
    await vault.tokenOf("a");
    expect(renewals()).toBe(2);
  });

  test("a refused token is discarded, but not a newer one that took its place", async () => {
    const { vault, output, renewals } = vaultOf();
    const { token } = await vault.tokenOf("a");
    vault.adopt("a", output("a"));
    const newer = (await vault.tokenOf("a")).token;
    vault.discard("a", `not-${newer}`);
    expect((await vault.tokenOf("a")).token).toBe(newer);
    vault.discard("a", newer);
    await vault.tokenOf("a");
    expect([token.startsWith("a-"), renewals()]).toEqual([true, 2]);
  });

  test("no more sessions are held than it may hold; the one used longest ago goes first", async () => {
    const { vault, renewals } = vaultOf(2);
    await vault.tokenOf("a");
    await vault.tokenOf("b");
    await vault.tokenOf("a");
    await vault.tokenOf("c");
    await vault.tokenOf("a");
    expect(renewals()).toBe(3);
    await vault.tokenOf("b");
    expect(renewals()).toBe(4);
  });
});
