import { randomBytes } from "node:crypto";
import { HANDOVERS_MAX, keysBehind, openHandover } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import type { KeyStore } from "./key-kinds.ts";
import { activeKey, afterStep, firstRing, type KeyRing, type RingStep } from "./key-ring.ts";
import { handedOver, settleSigningKeys, SigningKeys, strictSigningKeyRules } from "./signing-keys.ts";

const DEPLOYMENT = "dabcdefghijkl";
const NOW_S = 1_800_000_000;
const newSecret = (): string => randomBytes(32).toString("base64url");

const stepped = (ring: KeyRing, step: RingStep, nowS: number): KeyRing => {
  const facts = { nowS, newSecret, lacking: () => [], wraps: () => 0, isApproved: () => true };
  return handedOver(ring, afterStep(ring, step, facts), DEPLOYMENT, nowS * 1000);
};
const after = (ring: KeyRing, ...steps: readonly RingStep[]): KeyRing => steps.reduce((standing, step, n) => stepped(standing, step, NOW_S + (n + 1) * 10_000), ring);
const first = (): KeyRing => firstRing("sign", newSecret(), NOW_S);

const storeOf = (ring: KeyRing): Pick<KeyStore, "get" | "put"> => {
  const known = new Map<string, unknown>([["keyring sign", ring]]);
  return {
    get: (kind, id) => known.get(`${kind} ${id}`) as never,
    put: (kind, id, value) => void known.set(`${kind} ${id}`, value),
  };
};

test("each change of the key in use has its handover in the same entry; other steps have none, and a public key outlives its secret", () => {
  const ring = after(first(), "add", "activate", "retire", "destroy", "add", "activate");
  expect(ring.handovers).toHaveLength(2);
  expect(ring.keys.map(({ state, vkey, secret }) => [state, vkey !== undefined, secret !== null])).toEqual([
    ["destroyed", true, false],
    ["retiring", true, true],
    ["active", true, true],
  ]);
  const [one, two, three] = ring.keys.map(({ vkey }) => vkey);
  expect(ring.handovers?.map(openHandover).map(({ from, to }) => [from, to])).toEqual([
    [one, two],
    [two, three],
  ]);
  expect(keysBehind(three ?? "", ring.handovers ?? [])).toEqual([three, two, one]);
  expect(after(ring, "add", "drop").handovers).toEqual(ring.handovers);
});

test("turning back and forth takes up no room: of two handovers between the same keys the later is kept", () => {
  let ring = after(first(), "add", "activate");
  for (let n = 0; n < 9; n += 1) ring = stepped(ring, "revert", NOW_S + 20_000 + n);
  expect(ring.handovers?.map(openHandover).map(({ at }) => at)).toEqual([20_007, 20_008].map((s) => new Date((NOW_S + s) * 1000).toISOString()));
  expect(keysBehind(activeKey(ring).vkey ?? "", ring.handovers ?? [])).toHaveLength(2);
});

test("a ring takes no more handovers than a verifier, and a turn leaves room for its turning back", () => {
  let ring = first();
  while ((ring.handovers?.length ?? 0) < HANDOVERS_MAX - 1) ring = after(ring, "add", "activate", "retire");
  const added = stepped(ring, "add", NOW_S + 40_000);
  expect(codeFrom(() => stepped(added, "activate", NOW_S + 50_000))).toBe("keys.step");
  const early = { ...ring, handovers: ring.handovers?.slice(0, -1) ?? [] };
  const full = stepped(after(early, "add", "activate"), "revert", NOW_S + 60_000);
  expect(full.handovers).toHaveLength(HANDOVERS_MAX);
}, 60_000);

test("a store whose first secret is gone, and whose key of shreds was never made, doesn't open", () => {
  const ring = after(first(), "add", "activate", "retire", "destroy");
  expect(codeFrom(() => settleSigningKeys(storeOf(ring), DEPLOYMENT))).toBe("custodian.store");
});

const rulesOf = (defence: Defence) => ({ ...strictSigningKeyRules, inForce: defence === "on" });

faultTest("S11", "what is begun or ended under a key that was retired is refused: whoever has it can have nothing signed by it here", async (defence) => {
  const ring = after(first(), "add", "activate", "retire");
  const keys = new SigningKeys(storeOf(ring), DEPLOYMENT, rulesOf(defence));
  const [old, now] = ring.keys.map(({ vkey }) => vkey ?? "");
  expect([old, now].map((vkey) => codeFrom(() => keys.named(vkey ?? "").vkey))).toEqual(["verb.refused", now]);
  await Promise.resolve();
});

faultTest("S11", "nothing is signed by a key that isn't in use yet, since two persons have to say that it is", async (defence) => {
  const ring = after(first(), "add");
  const keys = new SigningKeys(storeOf(ring), DEPLOYMENT, rulesOf(defence));
  const [now, next] = ring.keys.map(({ vkey }) => vkey ?? "");
  expect([now, next, "other", null].map((vkey) => codeFrom(() => keys.named(vkey ?? "").vkey))).toEqual([now, "verb.refused", "verb.refused", "verb.refused"]);
  await Promise.resolve();
});

function codeFrom(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return codeOf(error);
  }
}
