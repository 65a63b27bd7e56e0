import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { isKeyAmong, keysBehind, openNote, parseCheckpoint } from "@sallyport/audit";
import { fileRootKey, SealedStore } from "@sallyport/custody/journal";
import type { KeyRing } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { approvedFor } from "../test/audit-turn.ts";
import { crashes, untold } from "../test/crashes.ts";
import { founders } from "../test/people.ts";
import { newHome, type Running, start } from "../test/running.ts";
import { hear, keyOf, LEAD_MS, OVERLAP_MS, turnSign } from "../test/sign-turn.ts";
import type { Kinds } from "./store.ts";

const CHAIN = "system";

/** Off: a custodian that keeps the change of the key in use and its handover one after the other, and is killed in between. */
async function forgetLastHandover(home: string): Promise<void> {
  const lock = { assertHeld: () => undefined, release: () => undefined };
  const key = await fileRootKey(`${home}/root.key`).derive("store");
  const store = new SealedStore<Kinds>({ path: `${home}/store.jsonl`, key, lock, onFailure: () => undefined });
  await store.rewrite();
  const ring = store.get("keyring", "sign") as KeyRing;
  store.put("keyring", "sign", { ...ring, handovers: (ring.handovers ?? []).slice(0, -1) });
  await store.close();
}

/** Starts a custodian on what was left: one key is in use, the first fingerprint leads to it and to all that is signed, and the ring goes on. */
async function goesOn(first: Running, file: Buffer, fingerprint: string, defence: Defence): Promise<void> {
  const home = newHome();
  cpSync(`${first.home}/root.key`, `${home}/root.key`);
  cpSync(`${first.home}/shreds.jsonl`, `${home}/shreds.jsonl`);
  writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
  if (defence === "off") await forgetLastHandover(home);
  const again = await start({ home, trail: first.trail.copy(), clock: first.clock });
  const { client, custodian } = again;
  expect(await untold(again)).toEqual([]);
  const ring = custodian.store.get("keyring", "sign") as KeyRing;
  expect(ring.keys.filter(({ state }) => state === "active")).toHaveLength(1);
  const { vkey, handovers } = await keyOf(again);
  const behind = keysBehind(vkey, handovers);
  expect([isKeyAmong(fingerprint, behind), ring.keys.find(({ state }) => state === "active")?.vkey]).toEqual([true, vkey]);
  const { checkpoints } = await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  expect(parseCheckpoint(openNote(checkpoints[0]?.note ?? "", vkey)).size).toBe(4);
  for (const { note } of again.trail.stored) expect(parseCheckpoint(openNote(note, behind)).size).toBe(4);
  expect(await client.sign({ kind: "export", chain: CHAIN, requestedBy: "svc", requestId: "req" }, 2000).then(() => "signed", codeOf)).toBe("signed");
  const next = ring.keys.some(({ state }) => state === "next") ? "drop" : "add";
  expect(await turnSign(again, next)).toMatch(next === "add" ? /next$/ : /destroyed$/);
  await again.stop();
}

faultTest(
  "A13",
  "a custodian that is killed at any place of a rotation of the signing key has one key in use, to which the first fingerprint leads, and all that was signed verifies",
  async (defence) => {
    const running = await start();
    const people = await founders(running);
    const { trail, client, custodian, clock } = running;
    const { fingerprint } = await keyOf(running);
    const step =
      (name: Parameters<typeof turnSign>[1], statement: string | null = null): (() => Promise<unknown>) =>
      async () =>
        expect(await turnSign(running, name, statement)).toMatch(/^sign-1 /);
    trail.owner = custodian.deployment;
    await trail.append(client, custodian.deployment, CHAIN, 4);
    trail.stored.push(...(await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000)).checkpoints);
    const approved = await approvedFor(running, people, "keys.activate", "sign-3");
    const made = await crashes(running, [step("add"), step("drop"), step("add")]);
    clock.advance(LEAD_MS);
    await hear(running);
    const activated = await crashes(running, [step("activate", approved)]);
    const backs = [await approvedFor(running, people, "keys.activate", "sign-1", 4), await approvedFor(running, people, "keys.activate", "sign-3", 5)];
    const turned = await crashes(
      running,
      backs.map((statement) => step("revert", statement)),
    );
    trail.stored.push(...(await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000)).checkpoints);
    clock.advance(OVERLAP_MS);
    const retired = await crashes(running, [step("retire")]);
    const destroy = await approvedFor(running, people, "keys.destroy", "sign-1");
    const before = readFileSync(`${running.home}/store.jsonl`);
    await step("destroy", destroy)();
    // The file is written anew for it: the old one or the new one stands there.
    const destroyed = [before, readFileSync(`${running.home}/store.jsonl`)];
    expect(made.length + activated.length + turned.length).toBeGreaterThan(20);
    // The stored checkpoint of after the turn is by the key of then, which isn't behind the one of before it.
    const early = { ...running, trail: trail.copy() };
    early.trail.stored.splice(1);
    for (const file of defence === "on" ? [...made, ...activated, ...turned] : activated.slice(-1)) await goesOn(early, file, fingerprint, defence);
    for (const file of [...retired, ...destroyed]) await goesOn(running, file, fingerprint, defence);
  },
  120_000,
);
