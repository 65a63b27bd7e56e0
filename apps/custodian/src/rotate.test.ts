import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { AccessTokenVerifier } from "@sallyport/crypto";
import type { KeyContext, RingView, RotateAnswers, RotateRequest } from "@sallyport/custody";
import { fileRootKey, SealedStore } from "@sallyport/custody/journal";
import { type KeptKey, type RingRules, strictRingRules } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { approveAs, founders, statementOf } from "../test/people.ts";
import { crashes, untold } from "../test/crashes.ts";
import { enrol, newHome, type Running, start } from "../test/running.ts";
import type { Kinds } from "./store.ts";

const subject = (id: string): KeyContext => ({ purpose: "subject", id, study: "S", site: "701" });
type Step = Extract<RotateRequest, { readonly kind: "step" }>;

async function ringOf({ client }: Running, ring: Step["ring"]): Promise<RingView> {
  const { rings } = await client.rotate({ kind: "rings" }, 2000);
  return rings.find((each) => each.ring === ring) as RingView;
}
/** Takes a step from where the ring is; answers its keys' states, or the failure's code. */
async function turn(running: Running, ring: Step["ring"], step: Step["step"], statement: string | null = null): Promise<string> {
  const { at } = await ringOf(running, ring);
  return running.client.rotate({ kind: "step", ring, step, at, statement }, 2000).then(({ ring: { keys } }) => keys.map(({ id, state }) => `${id} ${state}`).join(", "), codeOf);
}
/** A node that asks as the api does, with what it holds now. */
function nodeOf({ client, custodian, clock }: Running, node = "node_1") {
  const verifier = new AccessTokenVerifier({ issuer: `https://${custodian.trustDomain}/custodian`, audience: `https://${custodian.trustDomain}/api`, now: clock.now });
  return {
    verifier,
    poll: async () => verifier.setKeys((await client.status({ holds: { node, tokenKeys: verifier.kids, signKeys: [] } }, 2000)).tokenKeys),
  };
}

test("the token ring turns once every node holds the next key; the old key's tokens are good to their end, and no longer", async () => {
  const running = await start();
  const { client, clock } = running;
  const { spiffe, x5t } = await enrol(running, "/service/reviewer");
  const peer = { spiffe, x5t };
  const mint = async (): Promise<string> => (await client.mint({ sub: "svc_reviewer", scope: "subject.list", azp: spiffe, x5t }, 2000)).token;
  const [one, two] = [nodeOf(running), nodeOf(running, "node_2")];
  await one.poll();
  const kid = (token: string): unknown => (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid;

  expect(await turn(running, "token", "add")).toBe("token-1 active, token-2 next");
  expect(await turn(running, "token", "activate")).toBe("keys.early");
  clock.advance(60_000);
  expect(await turn(running, "token", "activate")).toBe("keys.unheld");
  await two.poll();
  await one.poll();
  await one.poll();
  expect(await turn(running, "token", "activate")).toBe("keys.unheld");
  expect((await ringOf(running, "token")).keys[1]).toMatchObject({ id: "token-2", lacking: ["node_2"] });
  await two.poll();
  const old = await mint();
  expect(await turn(running, "token", "activate")).toBe("token-1 retiring, token-2 active");

  // Nodes haven't heard of it yet, and take both.
  const fresh = await mint();
  expect([kid(old), kid(fresh)]).toEqual(["token-1", "token-2"]);
  for (const { verifier } of [one, two]) for (const token of [old, fresh]) expect(verifier.verify(token, peer).sub).toBe("svc_reviewer");
  await one.poll();
  expect(one.verifier.verify(old, peer).sub).toBe("svc_reviewer");
  expect(await turn(running, "token", "retire")).toBe("keys.early");
  clock.advance(960_000);
  expect(await turn(running, "token", "revert")).toBe("keys.early");
  expect(await turn(running, "token", "retire")).toBe("token-1 retired, token-2 active");
  await one.poll();
  expect(one.verifier.kids).toEqual(["token-2"]);
  expect((await client.status({}, 2000)).events.filter(({ action }) => action === "keys.rotated").map(({ detail }) => detail)).toEqual([
    "step=add;at=1;token-1=active,token-2=next",
    "step=activate;at=2;token-1=retiring,token-2=active",
    "step=retire;at=3;token-1=retired,token-2=active",
  ]);
});

test("after a start nobody knows which nodes run, so no token key is used before a silent one would have been heard", async () => {
  const first = await start();
  await turn(first, "token", "add");
  first.clock.advance(60_000);
  const running = await first.restart();
  const node = nodeOf(running);
  await node.poll();
  await node.poll();
  expect((await ringOf(running, "token")).keys[1]?.lacking).toBeNull();
  expect(await turn(running, "token", "activate")).toBe("keys.unheld");
  running.clock.advance(15_000);
  await node.poll();
  expect(await turn(running, "token", "activate")).toBe("token-1 retiring, token-2 active");
});

test("a step is asked for where the ring is: the same again answers the same, and another one nothing", async () => {
  const running = await start();
  const step = (step: Step["step"], at: number): Promise<unknown> =>
    running.client.rotate({ kind: "step", ring: "kek", step, at, statement: null }, 2000).then(({ ring }) => ring.at, codeOf);
  expect(await step("add", 0)).toBe(1);
  expect(await step("add", 0)).toBe(1);
  expect(await step("drop", 0)).toBe("keys.step");
  expect(await Promise.all([step("activate", 1), step("activate", 1), step("drop", 1)])).toEqual([2, 2, "keys.step"]);
});

test("new data keys are wrapped under the new key, old ones open by the key that they name, and are wrapped anew without leaving", async () => {
  const running = await start();
  const { client, clock, trail } = running;
  const contexts = ["one", "two", "three"].map(subject);
  const old = await client.wrap(contexts, 2000);
  expect(await turn(running, "kek", "add")).toBe("kek-1 active, kek-2 next");
  expect((await client.wrap([subject("four")], 2000))[0]?.wrapped).toMatch(/^sk1\.kek-1\./);
  expect(await turn(running, "kek", "activate")).toBe("kek-1 retiring, kek-2 active");
  expect((await client.wrap([subject("five")], 2000))[0]?.wrapped).toMatch(/^sk1\.kek-2\./);
  const items = old.map(({ wrapped }, n) => ({ context: contexts[n] as KeyContext, wrapped }));
  expect(await client.unwrap(items, 2000)).toEqual(old.map(({ key }) => key));

  const elsewhere = { context: subject("two"), wrapped: items[0]?.wrapped ?? "" };
  const { keys } = await client.rotate({ kind: "rewrap", items: [...items, elsewhere] }, 2000);
  expect(keys[3]).toEqual({ code: "phi.integrity" });
  const anew = (keys.slice(0, 3) as { wrapped: string }[]).map(({ wrapped }, n) => ({ context: contexts[n] as KeyContext, wrapped }));
  expect(anew.map(({ wrapped }) => wrapped.split(".")[1])).toEqual(["kek-2", "kek-2", "kek-2"]);
  expect(await client.unwrap(anew, 2000)).toEqual(old.map(({ key }) => key));
  expect((await client.rotate({ kind: "rewrap", items: anew }, 2000)).keys).toEqual(anew.map(({ wrapped }) => ({ wrapped })));

  clock.advance(3_600_000);
  trail.wrapped.set("kek-1", 1);
  expect(await turn(running, "kek", "retire")).toBe("keys.in_use");
  trail.isAway = true;
  expect((await ringOf(running, "kek")).keys[0]?.wraps).toBeNull();
  expect(await turn(running, "kek", "retire")).not.toMatch(/retired/);
  trail.isAway = false;
  trail.wrapped.clear();
  expect(await turn(running, "kek", "retire")).toBe("kek-1 retired, kek-2 active");
  expect(await client.unwrap(items, 2000).catch(codeOf)).toBe("keys.unavailable");
  // A database that was put back has data keys as they were.
  expect(await turn(running, "kek", "reopen")).toBe("kek-1 retiring, kek-2 active");
  expect(await client.unwrap(items, 2000)).toEqual(old.map(({ key }) => key));
  expect(await client.unwrap(anew, 2000)).toEqual(old.map(({ key }) => key));
});

test("the new key-encryption key needs the root key, and nothing is changed without it", async () => {
  const running = await start();
  const path = `${running.home}/root.key`;
  const root = readFileSync(path);
  truncateSync(path);
  expect(await turn(running, "kek", "add")).not.toMatch(/next/);
  expect((await ringOf(running, "kek")).at).toBe(0);
  writeFileSync(path, root);
  expect(await turn(running, "kek", "add")).toBe("kek-1 active, kek-2 next");
});

test("a journal of before, with one key a ring, opens as it is", async () => {
  const first = await start();
  const context = subject("one");
  const [made] = await first.client.wrap([context], 2000);
  const note = (await first.client.status({}, 2000)).checkpointKey;
  await first.stop();
  const lock = { assertHeld: () => undefined, release: () => undefined };
  const key = await fileRootKey(`${first.home}/root.key`).derive("store");
  const store = new SealedStore<Kinds>({ path: `${first.home}/store.jsonl`, key, lock, onFailure: () => undefined });
  await store.rewrite();
  for (const [name, { ring, keys }] of store.all("keyring")) {
    const { id, secret, fromS } = keys[0] as KeptKey;
    // As it was written then, with members that nothing reads any more.
    const before = { ring, id, state: "active", secret: secret ?? "", fromS, untilS: null };
    store.put("ring", id, before);
    store.put("keyring", name, null);
  }
  await store.close();

  const running = await first.restart();
  expect(await running.client.unwrap([{ context, wrapped: made?.wrapped ?? "" }], 2000)).toEqual([made?.key]);
  expect((await running.client.status({}, 2000)).checkpointKey).toEqual(note);
  expect(running.custodian.store.all("ring").size).toBe(0);
  expect(await turn(running, "kek", "add")).toBe("kek-1 active, kek-2 next");
});

test("a retired key's secret is destroyed upon two persons' word alone, and is in no line of the file any more", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const { clock, client } = running;
  const contexts = [subject("one")];
  const [made] = await client.wrap(contexts, 2000);
  for (const step of ["add", "activate"] as const) await turn(running, "kek", step);
  clock.advance(3_600_000);
  await turn(running, "kek", "retire");
  expect(await turn(running, "kek", "destroy")).toBe("approval.required");
  const other = statementOf(running, ada, { kind: "keys.destroy", payload: { key: "kek-2" } });
  await approveAs(running, bob, other);
  expect(await turn(running, "kek", "destroy", other)).toBe("approval.required");
  const statement = statementOf(running, ada, { kind: "keys.destroy", payload: { key: "kek-1" } });
  expect(await turn(running, "kek", "destroy", statement)).toBe("verb.refused");
  await approveAs(running, bob, statement);
  const lines = (): number => readFileSync(`${running.home}/store.jsonl`, "latin1").split("\n").length;
  const before = lines();
  expect(await turn(running, "kek", "destroy", statement)).toBe("kek-1 destroyed, kek-2 active");
  // The file was written anew, from what is known now.
  expect(lines()).toBeLessThan(before);
  const again = await running.restart();
  expect(await again.client.unwrap([{ context: contexts[0] as KeyContext, wrapped: made?.wrapped ?? "" }], 2000).catch(codeOf)).toBe("keys.unavailable");
});

test.each([
  { kind: "step", ring: "kek", step: "add", at: 0 },
  { kind: "step", ring: "root", step: "add", at: 0, statement: null },
  { kind: "step", ring: "kek", step: "burn", at: 0, statement: null },
  { kind: "step", ring: "kek", step: "add", at: -1, statement: null },
  { kind: "rings", ring: "kek" },
  { kind: "rewrap", items: [{ context: subject("a b"), wrapped: "x" }] },
  { kind: "other" },
])("%j is no call", async (request) => {
  const { client } = await start();
  expect(await client.rotate(request as unknown as RotateRequest & { kind: "rings" }, 2000).catch(codeOf)).toBe("verb.invalid");
});

faultTest(
  "E9",
  "a custodian that is ended at any step of a rotation goes on from it, and every data key opens",
  async (defence) => {
    // Off: a key is retired while data keys are wrapped under it.
    const rules: RingRules = defence === "on" ? strictRingRules : { ...strictRingRules, unused: false };
    const running = await start({}, { ringRules: rules });
    const context = subject("one");
    const [made] = await running.client.wrap([context], 2000);
    running.trail.wrapped.set("kek-1", 1);
    let stored = made?.wrapped ?? "";
    const step = (step: Step["step"]) => () => turn(running, "kek", step);
    const rewrap = async (): Promise<void> => {
      const { keys } = (await running.client.rotate({ kind: "rewrap", items: [{ context, wrapped: stored }] }, 2000)) as RotateAnswers["rewrap"];
      stored = (keys[0] as { wrapped: string }).wrapped;
    };
    const later = (): Promise<void> => Promise.resolve(running.clock.advance(3_600_000));
    const early = await crashes(running, [step("add"), step("activate"), step("revert"), later, step("retire"), step("add"), step("activate"), later, step("retire")]);
    await rewrap();
    running.trail.wrapped.clear();
    const late = await crashes(running, [later, step("retire")]);
    await running.stop();
    for (const [files, wrapped] of [
      [early, made?.wrapped ?? ""],
      [late, stored],
    ] as const) {
      for (const file of files) {
        const home = newHome();
        cpSync(`${running.home}/root.key`, `${home}/root.key`);
        writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
        const again = await start({ home, trail: running.trail, clock: running.clock }, { ringRules: rules });
        expect(await again.client.unwrap([{ context, wrapped }], 2000).catch(codeOf)).toEqual([made?.key]);
        expect(await untold(again)).toEqual([]);
        const { keys } = await ringOf(again, "kek");
        expect(keys.filter(({ state }) => state === "active")).toHaveLength(1);
        const next = keys.some(({ state }) => state === "next") ? "drop" : "add";
        expect(await turn(again, "kek", next)).toMatch(next === "add" ? /next$/ : /destroyed$/);
        await again.stop();
      }
    }
  },
  60_000,
);

faultTest(
  "T17",
  "a custodian that is ended at any step of the token ring's rotation goes on from it, and a token is accepted by every node to its end",
  async (defence) => {
    // Off: a key is retired before the last token of it is over.
    const rules: RingRules = defence === "on" ? strictRingRules : { ...strictRingRules, inWindow: false };
    const running = await start({}, { ringRules: rules });
    const { spiffe, x5t } = await enrol(running, "/service/reviewer");
    const minted = async ({ client }: Running): Promise<string> => (await client.mint({ sub: "svc_reviewer", scope: "subject.list", azp: spiffe, x5t }, 2000)).token;
    const old = await minted(running);
    const node = nodeOf(running);
    const step = (name: Step["step"]) => () => turn(running, "token", name);
    const heard = async (): Promise<void> => {
      await node.poll();
      await node.poll();
    };
    const files: { readonly file: Buffer; readonly nowMs: number }[] = [];
    const phase = async (ms: number, ...steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
      running.clock.advance(ms);
      await heard();
      for (const file of await crashes(running, steps)) files.push({ file, nowMs: running.clock.now() });
    };
    await phase(0, step("add"), step("drop"), step("add"));
    await phase(60_000, step("activate"), step("revert"), step("revert"), ...(defence === "on" ? [] : [step("retire")]));
    const lastMs = running.clock.now();
    await phase(960_000, step("retire"));
    await running.stop();
    expect(files.length).toBeGreaterThan(20);
    for (const { file, nowMs } of files) {
      const home = newHome();
      cpSync(`${running.home}/root.key`, `${home}/root.key`);
      writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
      const again = await start({ home, trail: running.trail, clock: { ...running.clock, now: () => nowMs } }, { ringRules: rules });
      const { verifier, poll } = nodeOf(again);
      await poll();
      const fresh = await minted(again);
      const good = nowMs <= lastMs ? [old, fresh] : [fresh];
      expect(good.map((token) => codeFrom(() => verifier.verify(token, { spiffe, x5t })))).toEqual(good.map(() => "accepted"));
      expect(await untold(again)).toEqual([]);
      const { keys } = await ringOf(again, "token");
      expect(keys.filter(({ state }) => state === "active")).toHaveLength(1);
      const next = keys.some(({ state }) => state === "next") ? "drop" : "add";
      expect(await turn(again, "token", next)).toMatch(next === "add" ? /next$/ : /destroyed$/);
      await again.stop();
    }
  },
  60_000,
);

function codeFrom(verify: () => unknown): string {
  try {
    verify();
    return "accepted";
  } catch (error) {
    return codeOf(error);
  }
}
