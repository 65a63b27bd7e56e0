import { AccessTokenVerifier, ed25519FromSeed, mintAccessToken } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { activeKey, afterStep, firstRing, type KeptKey, type KeyRing, type RingRules, type RingStep, strictRingRules } from "./key-ring.ts";
import { NodeReports } from "./node-reports.ts";

const START_S = 1_800_000_000;
const AT = { issuer: "https://d.sallyport/custodian", audience: "https://d.sallyport/api" };
const PEER = { spiffe: "spiffe://d.sallyport/service/one", x5t: "A".repeat(43) };

const pairs = new Map<string, ReturnType<typeof ed25519FromSeed>>();
/** The pair of a seed in base64url, worked out once. */
function pairOf(seed: string): ReturnType<typeof ed25519FromSeed> {
  const pair = pairs.get(seed) ?? ed25519FromSeed(Buffer.from(seed, "base64url"));
  pairs.set(seed, pair);
  return pair;
}
const publicOf = (seed: string): string => pairOf(seed).raw.toString("base64url");

/** The same numbers for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Seconds of a custodian, whose token ring somebody turns at any moment, and of nodes that hear of it late, stop, and start. */
function simulate(seed: number, rules: RingRules, meet: (outcome: string) => void): void {
  const roll = dice(seed);
  let nowS = START_S;
  const now = (): number => nowS * 1000;
  const seedOf = (n: number): string => Buffer.alloc(32, n % 255).toString("base64url");
  let ring: KeyRing = firstRing("token", seedOf(1), START_S);
  const reports = new NodeReports(now);
  const published = (): { kid: string; x: string; fromS: number; untilS: number | null }[] =>
    ring.keys.flatMap(({ id, state, secret, fromS, untilS }) => (secret === null || state === "retired" ? [] : [{ kid: id, x: publicOf(secret), fromS, untilS }]));
  const nodes = ["a", "b", "c"].map((name) => ({ name, verifier: new AccessTokenVerifier({ ...AT, now, cacheSize: 0 }), everyS: 1 + roll(9) }));
  const tokens: { readonly token: string; readonly mintedS: number }[] = [];
  const poll = ({ name, verifier }: (typeof nodes)[number]): void => {
    reports.heard(name, verifier.kids);
    verifier.setKeys(published());
  };
  nodes.forEach(poll);
  for (; nowS < START_S + 4000; nowS += 1) {
    for (const node of nodes) if (nowS % node.everyS === 0) poll(node);
    if (roll(15) === 0) {
      const step = (["add", "activate", "revert", "retire", "drop"] as const)[roll(5)] as RingStep;
      const facts = { nowS, newSecret: () => seedOf(ring.keys.length + 1), lacking: (id: string) => reports.lacking(id), wraps: () => 0, isApproved: () => false };
      try {
        ring = afterStep(ring, step, facts, rules);
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
      }
    }
    if (roll(10) === 0) {
      const { id, secret } = activeKey(ring);
      const { privateKey } = pairOf(secret);
      const grant = { ...AT, sub: "svc_one", scope: "subject.list", azp: PEER.spiffe, x5t: PEER.x5t, iatS: nowS, lifetimeS: 900 };
      tokens.push({ token: mintAccessToken(grant, { kid: id, privateKey }).token, mintedS: nowS });
    }
    if (tokens.length === 0) continue;
    const { token, mintedS } = tokens[tokens.length - 1 - roll(Math.min(tokens.length, 100))] as (typeof tokens)[number];
    if (nowS - mintedS < 900) meet(outcomeAt(nodes[roll(3)]?.verifier as AccessTokenVerifier, token));
  }
}

function outcomeAt(verifier: AccessTokenVerifier, token: string): string {
  try {
    verifier.verify(token, PEER);
    return "accepted";
  } catch (error) {
    return (error as SallyportError).code;
  }
}

for (const [name, off] of [
  ["every running node holds a key before it is used", { held: false, inWindow: false }],
  ["the one before is accepted until its last token is over", { inWindow: false }],
] as const) {
  faultTest("T17", `while the token ring turns and turns back, no node refuses a token: ${name}`, async (defence) => {
    const rules = defence === "on" ? strictRingRules : { ...strictRingRules, ...off };
    for (let seed = 1; seed <= (process.env["SALLYPORT_TEST_LONG"] === "1" ? 200 : 8); seed += 1)
      simulate(seed, rules, (outcome) => expect([seed, outcome]).toEqual([seed, "accepted"]));
    await Promise.resolve();
  });
}

faultTest("T17", "a key that was retired, or isn't used yet, opens the door to nobody: before its window and after it", async (defence) => {
  let nowS = START_S;
  const now = (): number => nowS * 1000;
  const facts = { newSecret: () => Buffer.alloc(32, 2).toString("base64url"), lacking: () => [], wraps: () => 0, isApproved: () => false };
  const before = firstRing("token", Buffer.alloc(32, 1).toString("base64url"), START_S);
  const added = afterStep(before, "add", { ...facts, nowS });
  const activated = afterStep(added, "activate", { ...facts, nowS: nowS + 60 });
  const verifier = new AccessTokenVerifier({ ...AT, now });
  const token = (ring: KeyRing, at: number, iatS: number): string => {
    const { id, secret } = ring.keys[at] as KeptKey;
    return mintAccessToken(
      { ...AT, sub: "svc_one", scope: "subject.list", azp: PEER.spiffe, x5t: PEER.x5t, iatS, lifetimeS: 900 },
      { kid: id, privateKey: pairOf(secret ?? "").privateKey },
    ).token;
  };
  // Off: the windows aren't told to the nodes.
  const take = (ring: KeyRing): void =>
    verifier.setKeys(
      ring.keys.flatMap(({ id, state, secret, fromS, untilS }) =>
        secret === null || (state === "retired" && defence === "on")
          ? []
          : [
              {
                kid: id,
                x: publicOf(secret),
                fromS: defence === "on" ? fromS : 0,
                untilS: defence === "on" ? untilS : null,
              },
            ],
      ),
    );
  take(added);
  expect(outcomeAt(verifier, token(added, 1, nowS))).toBe("token.key");
  nowS += 60;
  take(activated);
  expect(outcomeAt(verifier, token(added, 0, nowS))).toBe("accepted");
  expect(outcomeAt(verifier, token(activated, 1, nowS))).toBe("accepted");
  nowS += 960;
  expect(outcomeAt(verifier, token(added, 0, nowS))).toBe("token.key");
  const retired = afterStep(activated, "retire", { ...facts, nowS });
  take(retired);
  expect(outcomeAt(verifier, token(added, 0, nowS))).toBe("token.key");
  expect(outcomeAt(verifier, token(activated, 1, nowS))).toBe("accepted");
  await Promise.resolve();
});
