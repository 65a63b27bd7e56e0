import { codeOf } from "@sallyport/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { activeKey, afterStep, firstRing, type KeyRing, RING_NAMES, RING_STEPS, type RingFacts, type RingName } from "./key-ring.ts";

const NOW_S = 1_800_000_000;
const proven = (nowS: number, over: Partial<RingFacts> = {}): RingFacts => ({
  nowS,
  newSecret: () => `secret-${nowS}`,
  lacking: () => [],
  wraps: () => 0,
  isApproved: () => true,
  ...over,
});
const states = ({ keys }: KeyRing): string => keys.map(({ id, state }) => `${id} ${state}`).join(", ");

/** After these steps, each long after the one before. */
function after(ring: RingName, ...steps: readonly (typeof RING_STEPS)[number][]): KeyRing {
  return steps.reduce((standing, step, n) => afterStep(standing, step, proven(NOW_S + (step === "revert" ? 0 : n * 10_000))), firstRing(ring, "secret", NOW_S));
}

const facts = fc.record({ waitS: fc.integer({ min: 0, max: 5000 }), lacking: fc.constantFrom(null, [], ["node_1"]), wraps: fc.constantFrom(null, 0, 7), may: fc.boolean() });
const walk = fc.array(fc.tuple(fc.constantFrom(...RING_STEPS), facts), { maxLength: 40 });

test("whatever is asked for in whatever order, one key is in use, no number comes twice, and what is refused changes nothing", () => {
  fc.assert(
    fc.property(fc.constantFrom("token" as const, "kek" as const, "sign" as const), walk, (name, asked) => {
      let ring = firstRing(name, "secret", NOW_S);
      let nowS = NOW_S;
      for (const [step, { waitS, lacking, wraps, may }] of asked) {
        nowS += waitS;
        const before = JSON.stringify(ring);
        let next = ring;
        try {
          next = afterStep(ring, step, proven(nowS, { lacking: () => lacking, wraps: () => wraps, isApproved: () => may }));
        } catch (error) {
          expect(["keys.step", "keys.unheld", "keys.early", "keys.in_use", "approval.required"]).toContain(codeOf(error));
        }
        expect(JSON.stringify(ring)).toBe(before);
        expect(next.at).toBe(next === ring ? ring.at : ring.at + 1);
        const count = (state: string): number => next.keys.filter((key) => key.state === state).length;
        expect([count("active"), count("next") <= 1, count("retiring") <= 1]).toEqual([1, true, true]);
        expect(next.keys.map(({ id }) => id)).toEqual(next.keys.map((_, n) => `${name}-${n + 1}`));
        for (const { state, secret, untilS } of next.keys) {
          expect(secret === null).toBe(state === "destroyed");
          // What it made is accepted to the end that was told.
          if (state === "active") expect(untilS).toBeNull();
          if (state === "retiring") expect(untilS).not.toBeNull();
        }
        for (const key of ring.keys.filter(({ state }) => state === "destroyed")) expect(next.keys).toContainEqual(key);
        // Nothing that is in use, or may still be needed, is forgotten.
        const gone = ring.keys.filter(({ state }, n) => state !== "destroyed" && next.keys[n]?.state === "destroyed");
        expect(gone.every(({ state }) => state === "next" || (state === "retired" && may))).toBe(true);
        const retired = ring.keys.filter(({ state }, n) => state === "retiring" && next.keys[n]?.state === "retired");
        expect(retired.every(({ untilS }) => nowS >= (untilS ?? 0) && (name !== "kek" || wraps === 0))).toBe(true);
        ring = next;
      }
    }),
    { numRuns: process.env["SALLYPORT_TEST_LONG"] === "1" ? 20_000 : 500 },
  );
});

test("a ring goes round, and back while the one before isn't retired", () => {
  expect(states(after("token", "add"))).toBe("token-1 active, token-2 next");
  expect(states(after("token", "add", "drop", "add"))).toBe("token-1 active, token-2 destroyed, token-3 next");
  expect(states(after("token", "add", "activate"))).toBe("token-1 retiring, token-2 active");
  expect(states(after("token", "add", "activate", "revert"))).toBe("token-1 active, token-2 retiring");
  expect(states(after("token", "add", "activate", "retire", "destroy"))).toBe("token-1 destroyed, token-2 active");
  expect(states(after("kek", "add", "activate", "retire", "reopen"))).toBe("kek-1 retiring, kek-2 active");
  expect(activeKey(after("token", "add", "activate")).id).toBe("token-2");
});

test("a token key takes the place of another once its window began and every running node holds it, and not while nobody knows", () => {
  const ring = afterStep(firstRing("token", "secret", NOW_S), "add", proven(NOW_S));
  const outcome = (nowS: number, lacking: readonly string[] | null): string => {
    try {
      return states(afterStep(ring, "activate", proven(nowS, { lacking: () => lacking })));
    } catch (error) {
      return codeOf(error);
    }
  };
  expect(outcome(NOW_S + 59, [])).toBe("keys.early");
  expect(outcome(NOW_S + 60, null)).toBe("keys.unheld");
  expect(outcome(NOW_S + 60, ["node_1"])).toBe("keys.unheld");
  expect(outcome(NOW_S + 60, [])).toBe("token-1 retiring, token-2 active");
});

test("a signing key takes the place of another upon two persons' word, once every running node knows it; it is retired two hours later", () => {
  const outcome = (ring: KeyRing, step: (typeof RING_STEPS)[number], over: Partial<RingFacts> & { readonly nowS: number }): string => {
    try {
      return states(afterStep(ring, step, proven(over.nowS, over)));
    } catch (error) {
      return codeOf(error);
    }
  };
  const added = after("sign", "add");
  expect(outcome(added, "activate", { nowS: NOW_S + 59 })).toBe("keys.early");
  expect(outcome(added, "activate", { nowS: NOW_S + 60, isApproved: () => false })).toBe("approval.required");
  expect(outcome(added, "activate", { nowS: NOW_S + 60, lacking: () => ["node_1"] })).toBe("keys.unheld");
  expect(outcome(added, "activate", { nowS: NOW_S + 60 })).toBe("sign-1 retiring, sign-2 active");
  const activated = afterStep(added, "activate", proven(NOW_S + 60));
  expect(outcome(activated, "retire", { nowS: NOW_S + 60 + 7199 })).toBe("keys.early");
  // Nothing that it signed keeps it from being retired: its public key is kept.
  expect(outcome(activated, "retire", { nowS: NOW_S + 60 + 7200, wraps: () => 7 })).toBe("sign-1 retired, sign-2 active");
  expect(outcome(activated, "revert", { nowS: NOW_S + 60 + 7200, isApproved: () => false })).toBe("approval.required");
  expect(outcome(activated, "revert", { nowS: NOW_S + 60 + 7200 })).toBe("sign-1 active, sign-2 retiring");
});

test("what two people put in use is turned back by two people, and what one person turns, by one", () => {
  const alone = (name: RingName, step: "activate" | "revert"): string => {
    try {
      const ring = step === "revert" ? after(name, "add", "activate") : afterStep(firstRing(name, "secret", NOW_S), "add", proven(NOW_S));
      return states(afterStep(ring, step, proven(NOW_S + 60, { isApproved: () => false })));
    } catch (error) {
      return codeOf(error);
    }
  };
  for (const name of RING_NAMES)
    expect([name, alone(name, "activate"), alone(name, "revert")]).toEqual(
      name === "audit" || name === "sign"
        ? [name, "approval.required", "approval.required"]
        : [name, `${name}-1 retiring, ${name}-2 active`, `${name}-1 active, ${name}-2 retiring`],
    );
});
