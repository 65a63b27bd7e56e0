import { canonicalProfile, cdiscSdtm } from "@sallyport/phi";
import { canonicalPolicy, starterPolicy } from "@sallyport/policy";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { PolicyDesk } from "./policy-desk.ts";
import { ProfileDesk } from "./profile-desk.ts";

/** A policy and a profile that are read once, signed by a key that isn't heard of until the test says so. */
async function world(canonical = canonicalPolicy(starterPolicy)) {
  const state = { nowMs: 1_000_000, isHeard: false, read: 0 };
  const epoch = () => Promise.resolve(1n);
  const isSigned = (note: string): boolean => note === "by the next key" && state.isHeard;
  const options = { now: () => state.nowMs };
  const read = <T>(snapshot: T) => ({ epoch, snapshot: () => ((state.read += 1), Promise.resolve({ epoch: 1n, ...snapshot })) });
  const note = "by the next key";
  const policy = new PolicyDesk(read({ active: { canonical, note }, principals: [], revokedTokens: [], locks: [], closedSites: [], emergencies: [] }), isSigned, options);
  const profile = { id: cdiscSdtm.id, version: cdiscSdtm.version, canonical: canonicalProfile(cdiscSdtm), note };
  const profiles = new ProfileDesk(read({ profiles: [profile], studies: [{ study: "S", profile: profile.id }] }), isSigned, options);
  const refresh = () => Promise.all([policy.refresh(), profiles.refresh()]);
  await refresh();
  const said = (): readonly string[] =>
    [() => policy.current(), () => profiles.of("S")].map((ask) => {
      try {
        ask();
        return "ok";
      } catch (error) {
        return codeOf(error);
      }
    });
  /** Time passes, and the store, which nobody changed, is looked at. */
  const pass = async (ms: number): Promise<void> => {
    state.nowMs += ms;
    await refresh();
  };
  return { state, policy, profiles, said, pass };
}

test("what is signed by a key that isn't heard of yet is unsigned, and good once it is, without anything new in the store", async () => {
  const { state, policy, profiles, said } = await world();
  expect(said()).toEqual(["policy.unsigned", "profile.unsigned"]);
  state.isHeard = true;
  expect(said()).toEqual(["policy.unsigned", "profile.unsigned"]);
  policy.judgeAnew();
  profiles.judgeAnew();
  expect(said()).toEqual(["ok", "ok"]);
  // And the other way: a key may be one that doesn't count any more.
  state.isHeard = false;
  policy.judgeAnew();
  profiles.judgeAnew();
  expect([said(), state.read]).toEqual([["policy.unsigned", "profile.unsigned"], 2]);
});

test("a policy that denies everything is judged again each second by itself", async () => {
  const { state, said, pass } = await world();
  expect(said()[0]).toBe("policy.unsigned");
  state.isHeard = true;
  await pass(999);
  expect(said()[0]).toBe("policy.unsigned");
  await pass(1);
  expect([said()[0], state.read]).toEqual(["ok", 2]);
});

test("what is signed and isn't a policy to this version decides nothing", async () => {
  const { state, policy, said } = await world("{}");
  state.isHeard = true;
  policy.judgeAnew();
  expect(said()[0]).toBe("policy.unavailable");
});

test("a policy is compiled once for as long as its bytes are the same, whatever else changes, and another one is another", async () => {
  let [epoch, principal, canonical] = [1n, "one", canonicalPolicy(starterPolicy)];
  const live = (id: string) => ({ id, kind: "service" as const, person: id, status: "active" as const, workload: null, tokensFromS: 0, assignments: [] });
  const snapshot = () => ({ epoch, active: { canonical, note: "" }, principals: [live(principal)], revokedTokens: [], locks: [], closedSites: [], emergencies: [] });
  const policy = new PolicyDesk({ epoch: () => Promise.resolve(epoch), snapshot: () => Promise.resolve(snapshot()) }, () => true, { now: () => 1_000_000 });
  await policy.refresh();
  const first = policy.current();
  [epoch, principal] = [2n, "another"];
  await policy.refresh();
  const second = policy.current();
  expect([second.compiled === first.compiled, second.tag, [...second.principals.keys()]]).toEqual([true, first.tag, ["another"]]);
  [epoch, canonical] = [3n, canonicalPolicy({ ...starterPolicy, version: 2 })];
  await policy.refresh();
  expect([policy.current().compiled === first.compiled, policy.current().tag.startsWith("v2:")]).toEqual([false, true]);
});
