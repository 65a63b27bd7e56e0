import { ringOf } from "@sallyport/custody/keys";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk, type Enrolled } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const REASON = "is needed no more, by the plan";
let at: Deployment;
let api: Api;
let desk: Desk;
let ben: Enrolled;
let kim: Enrolled;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  const [ada, other] = openFoundingLinks(at.custodian.store).map(({ secret }) => secret);
  await desk.enrol(api, ada ?? "", { username: "ada", printedName: "Ada" }, "passkey");
  ben = await desk.enrol(api, other ?? "", { username: "ben", printedName: "Ben" }, "passkey");
  kim = await desk.person(api, "kim", "passkey", { role: "key_custodian" });
}, 60_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

test("the next audit key is put in use with an administrator's passkey over its request, and every chain goes on with it", async () => {
  const { store } = at.custodian;
  const session = await desk.signIn(api, kim);
  const ask = (keyId: string) => desk.call(api, session, "approvals.requestKeyActivate", { keyId, reason: "it is time to turn" });
  // None is there yet; of a ring that one person turns, none is asked for.
  expect([codeOf(await ask("audit-2")), codeOf(await ask("kek-2"))]).toEqual(["keys.step", "keys.step"]);
  await at.custodian.handle("rotate", Buffer.from(JSON.stringify({ kind: "step", ring: "audit", step: "add", at: 0, statement: null })));
  const { approval } = dataOf(await ask("audit-2")) as { approval: { approvalId: string; digest: string } };
  expect(codeOf(await ask("audit-1"))).toBe("keys.step");
  const response = ben.authenticator?.assert(Buffer.from(approval.digest, "hex"));
  const decision = { approvalId: approval.approvalId, digest: approval.digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response } };
  expect(codeOf(await desk.call(api, await desk.signIn(api, ben), "approvals.decide", decision))).toBe("ok");
  expect(ringOf(store, "audit").keys.map(({ state }) => state)).toEqual(["retiring", "active"]);
  await until(async () => (await at.records("system")).some(({ action, resource }) => action === "generation.open" && resource === "ring/audit"), 10_000);
  expect(codeOf(await desk.call(api, session, "keys.rings", {}))).toBe("ok");
});

test("the next signing key is put in use with an administrator's passkey, who sees both fingerprints; nobody is refused, and the trail is signed with it", async () => {
  const { store } = at.custodian;
  const session = await desk.signIn(api, kim);
  const ask = () => desk.call(api, session, "approvals.requestKeyActivate", { keyId: "sign-2", reason: "it is time to turn" });
  expect(codeOf(await ask())).toBe("keys.step");
  await at.custodian.handle("rotate", Buffer.from(JSON.stringify({ kind: "step", ring: "sign", step: "add", at: 0, statement: null })));
  const ring = ringOf(store, "sign");
  store.put("keyring", "sign", { ...ring, keys: ring.keys.map((key) => (key.state === "next" ? { ...key, fromS: 0 } : key)) });
  const shown = async () => {
    const { rings } = dataOf(await desk.call(api, session, "keys.rings", {})) as {
      rings: readonly { ring: string; keys: readonly { fingerprint: string | null }[]; steps: readonly { step: string; blockers: readonly { kind: string }[] }[] }[];
    };
    const { keys = [], steps = [] } = rings.find((each) => each.ring === "sign") ?? {};
    return {
      prints: keys.map(({ fingerprint }) => fingerprint ?? "-"),
      waits: steps
        .find(({ step }) => step === "activate")
        ?.blockers.map(({ kind }) => kind)
        .join(),
    };
  };
  // A node says that it knows the key, a look after it learnt of it.
  await until(async () => (await shown()).waits === "approval", 25_000);
  const [before, after] = (await shown()).prints;
  const { approval } = dataOf(await ask()) as { approval: { approvalId: string; digest: string; lines?: unknown } };
  const text = JSON.stringify(dataOf(await desk.call(api, await desk.signIn(api, ben), "approvals.get", { approvalId: approval.approvalId })));
  expect([text.includes(before ?? "-"), text.includes(after ?? "-")]).toEqual([true, true]);
  const response = ben.authenticator?.assert(Buffer.from(approval.digest, "hex"));
  const decision = { approvalId: approval.approvalId, digest: approval.digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response } };
  expect(codeOf(await desk.call(api, await desk.signIn(api, ben), "approvals.decide", decision))).toBe("ok");
  expect(ringOf(store, "sign").keys.map(({ state }) => state)).toEqual(["retiring", "active"]);
  await until(() => api.process.watch.status().checkpointKey.fingerprint === after, 10_000);
  const { checkpointKey, signKeys } = api.process.watch.status();
  expect([checkpointKey.handovers.length, signKeys.map(({ until: ended }) => ended !== null)]).toEqual([1, [true, false]]);
  expect(codeOf(await desk.call(api, session, "keys.rings", {}))).toBe("ok");
});

test.each(["audit", "sign"] as const)("the %s key before is turned back to with an administrator's passkey too, where the ring is as they saw it", async (name) => {
  const { store } = at.custodian;
  const session = await desk.signIn(api, kim);
  const alone = at.custodian.handle("rotate", Buffer.from(JSON.stringify({ kind: "step", ring: name, step: "revert", at: 2, statement: null })));
  await expect(alone).rejects.toMatchObject({ code: "approval.required" });
  const { approval: asked } = dataOf(await desk.call(api, session, "approvals.requestKeyActivate", { keyId: `${name}-1`, reason: REASON })) as {
    approval: { approvalId: string; digest: string };
  };
  const response = ben.authenticator?.assert(Buffer.from(asked.digest, "hex"));
  const decision = { approvalId: asked.approvalId, digest: asked.digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response } };
  expect(codeOf(await desk.call(api, await desk.signIn(api, ben), "approvals.decide", decision))).toBe("ok");
  expect(ringOf(store, name).keys.map(({ state }) => state)).toEqual(["active", "retiring"]);
});

test("a retired key's secret is destroyed with an administrator's passkey over its request, and nothing else's is", async () => {
  const { store } = at.custodian;
  const ring = ringOf(store, "token");
  const [first] = ring.keys;
  if (first === undefined) throw new Error("no key");
  let session = await desk.signIn(api, kim);
  const ask = (keyId: string) => desk.call(api, session, "approvals.requestKeyDestroy", { keyId, reason: REASON });
  expect(codeOf(await ask("token-1"))).toBe("keys.step");
  expect(codeOf(await ask("token-9"))).toBe("keys.step");
  // As if it had turned twice.
  const turned = [first, { ...first, id: "token-2" }, { ...first, id: "token-3" }].map((key, n) => ({ ...key, state: n < 2 ? ("retired" as const) : ("active" as const) }));
  store.put("keyring", "token", {
    ...ring,
    keys: [{ ...turned[0], secret: Buffer.alloc(32, 7).toString("base64url") }, { ...turned[1], secret: Buffer.alloc(32, 8).toString("base64url") }, turned[2]] as typeof ring.keys,
  });
  // Tokens are of the third now, once the api has heard of it.
  await until(async () => {
    session = await desk.signIn(api, kim);
    return codeOf(await desk.call(api, session, "keys.rings", {})) === "ok";
  }, 5000);
  // The earliest goes first.
  expect(codeOf(await ask("token-2"))).toBe("keys.step");
  const { approval } = dataOf(await ask("token-1")) as { approval: { approvalId: string; digest: string } };
  const decide = async (who: Enrolled): Promise<string> =>
    codeOf(
      await desk.call(api, await desk.signIn(api, who), "approvals.decide", {
        approvalId: approval.approvalId,
        digest: approval.digest,
        verdict: "approve",
        reason: REASON,
        proof: { kind: "passkey", response: who.authenticator?.assert(Buffer.from(approval.digest, "hex")) },
      }),
    );
  expect(await decide(kim)).not.toBe("ok");
  expect(ringOf(store, "token").keys[0]?.state).toBe("retired");
  expect(await decide(ben)).toBe("ok");
  expect(ringOf(store, "token").keys.map(({ state, secret }) => [state, secret === null])).toEqual([
    ["destroyed", true],
    ["retired", false],
    ["active", false],
  ]);
  const isTold = async (): Promise<boolean> => (await at.records("system")).some(({ action, detail }) => action === "keys.rotated" && detail?.startsWith("step=destroy") === true);
  await until(isTold, 5000);
});
