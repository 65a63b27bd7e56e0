import { expect, test } from "vitest";
import { PasswordHasher } from "./password-hash.ts";

test("a password matches its own hash in any composition, and no other", async () => {
  const hasher = new PasswordHasher();
  const phc = await hasher.hash("fiancée of fifteen");
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hasher.matches(phc, "fiance\u0301e of fifteen")).toBe(true);
  expect(await hasher.matches(phc, "fiancee of fifteen")).toBe(false);
});

test("of somebody who isn't there, no password is right, and the same work is done", async () => {
  const hasher = new PasswordHasher();
  const phc = await hasher.hash("somebody's password");
  await hasher.nobodys();
  const time = async (against: string | null) => {
    const from = performance.now();
    expect(await hasher.matches(against, "a wrong password")).toBe(false);
    return performance.now() - from;
  };
  const [known, unknown] = [
    [await time(phc), await time(phc), await time(phc)],
    [await time(null), await time(null), await time(null)],
  ].map((each) => Math.min(...each));
  // Without the work it is a thousandth; a busy machine makes either several times as long.
  expect(unknown).toBeGreaterThan((known ?? 0) / 20);
});

test("no more are hashed at once than the limit, and what waits too long a queue is refused before any work", async () => {
  const hasher = new PasswordHasher({ atOnce: 1, waitingMax: 2 });
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash("a password of length")));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"]);
  expect(outcomes[4]).toMatchObject({ reason: { code: "service.busy" } });
  expect(await hasher.hash("a password of length")).toMatch(/^\$argon2id/);
});
