import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { encodeRecord, type SealBatch } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { fileRootKey, SealedStore } from "@sallyport/custody/journal";
import { type KeyRing, type RingRules, strictRingRules } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { archive, CHAIN, DAY_MS, KEPT_DAYS, manifestOf, payloadOf } from "../test/archiving.ts";
import { approvedFor, commitOpening, goOn, look, type Opening, sealedOpening, turnAudit } from "../test/audit-turn.ts";
import { untold } from "../test/crashes.ts";
import { draftOf, type MemoryTrail } from "../test/memory-trail.ts";
import { founders } from "../test/people.ts";
import { newHome, type Running, start } from "../test/running.ts";
import type { Kinds } from "./store.ts";

const OVERLAP_MS = 900_000;
const CHAINS = ["system", CHAIN] as const;

/** What a kill leaves: the store's file as far as it was written, and what was committed by then. */
interface Left {
  readonly at: string;
  readonly file: Buffer;
  readonly trail: MemoryTrail;
  readonly nowMs: number;
}
type Steps = readonly (readonly [name: string, step: () => unknown])[];

/** What a kill leaves at each place of each step: where a line of the store's was written, and in the middle of one. */
async function leftBy({ home, trail, clock }: Running, steps: Steps): Promise<readonly Left[]> {
  const path = `${home}/store.jsonl`;
  const left: Left[] = [];
  for (const [name, step] of steps) {
    const [before, then] = [readFileSync(path), trail.copy()];
    await step();
    const whole = readFileSync(path);
    const isLonger = whole.subarray(0, before.length).equals(before);
    for (let at = before.length, n = 1; isLonger && at < whole.length; at = whole.indexOf("\n", at) + 1, n += 1) {
      const middle = Math.floor((at + whole.indexOf("\n", at)) / 2);
      left.push({ at: `${name}, line ${n}, torn`, file: whole.subarray(0, middle), trail: then, nowMs: clock.now() });
      left.push({ at: `${name}, before line ${n}`, file: whole.subarray(0, at), trail: then, nowMs: clock.now() });
    }
    left.push({ at: `${name}, done`, file: whole, trail: trail.copy(), nowMs: clock.now() });
  }
  return left;
}

/** Which of a ring's keys made this MAC. */
function makersOf({ keys }: KeyRing, body: string, mac: string): readonly string[] {
  return keys.filter(({ secret }) => secret !== null && hmacHex(secretKey(Buffer.from(secret, "base64url")), body) === mac).map(({ id }) => id);
}

/** The keys by which each chain's next record would be sealed. */
async function usableOf(running: Running): Promise<readonly string[]> {
  const { client, trail, custodian } = running;
  const ring = custodian.store.get("keyring", "audit") as KeyRing;
  const made: string[] = [];
  for (const chain of CHAINS) {
    const batch: SealBatch = { head: trail.head(chain), drafts: [draftOf(chain, 99)] };
    const { seq, generation, mac: prevMac } = batch.head;
    const answer = await client.seal([batch], 2000).catch(codeOf);
    if (typeof answer === "string") made.push(`${chain}: ${answer}`);
    else {
      const [{ timestampUtc, macs } = { timestampUtc: "", macs: [] }] = answer;
      const body = encodeRecord(draftOf(chain, 99), { deployment: custodian.deployment, generation, seq: seq + 1, timestampUtc, prevMac });
      made.push(`${chain}: ${makersOf(ring, body, macs[0] ?? "").length} key`);
    }
  }
  return made;
}

/** Off: a custodian that goes by the key that is in use, since which key a generation was begun with isn't kept. */
async function forgetEpochs(home: string): Promise<void> {
  const lock = { assertHeld: () => undefined, release: () => undefined };
  const key = await fileRootKey(`${home}/root.key`).derive("store");
  const store = new SealedStore<Kinds>({ path: `${home}/store.jsonl`, key, lock, onFailure: () => undefined });
  await store.rewrite();
  for (const id of store.all("epoch").keys()) store.put("epoch", id, null);
  await store.close();
}

/** Starts a custodian on what was left: one key is usable for each chain, everything verifies, and the rotation goes on to its end. */
async function goesOn(first: Running, { at, file, trail, nowMs }: Left, defence: Defence): Promise<void> {
  const home = newHome();
  cpSync(`${first.home}/root.key`, `${home}/root.key`);
  writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
  if (defence === "off") await forgetEpochs(home);
  const again = await start({ home, trail: trail.copy(), clock: { ...first.clock, now: () => nowMs } });
  const { client, custodian } = again;
  expect([at, await untold(again)]).toEqual([at, []]);
  expect([at, await usableOf(again)]).toEqual([at, CHAINS.map((chain) => `${chain}: 1 key`)]);
  for (const chain of CHAINS) {
    expect([at, await look(again, chain)]).toEqual([at, expect.stringMatching(/^\d/)]);
    const { marks, auditKey } = await client.status({}, 2000);
    const newest = marks.filter((mark) => mark.chain === chain).at(-1);
    if (newest?.auditKey !== auditKey) expect([at, await goOn(again, chain)]).toEqual([at, expect.stringMatching(/^\d+\/\d+ \d+\/1$/)]);
    await again.trail.append(client, custodian.deployment, chain, 2);
    expect([at, await look(again, chain)]).toEqual([at, expect.stringMatching(/^\d/)]);
  }
  const { verdicts, incidents } = await client.status({ verify: ["*"] }, 5000);
  expect([at, verdicts.filter(({ broken }) => broken !== null), incidents]).toEqual([at, [], []]);
  await again.stop();
}

faultTest(
  "A13",
  "a custodian that is killed at any place of a rotation of the audit key has one usable key for every chain, and all verifies over the boundary",
  async (defence) => {
    const running = await start();
    const people = await founders(running);
    const { trail, client, custodian, clock } = running;
    trail.owner = custodian.deployment;
    for (const chain of CHAINS) await trail.append(client, custodian.deployment, chain, 3);
    for (const chain of CHAINS) await look(running, chain);
    const approved = await approvedFor(running, people, "keys.activate", "audit-2");
    const openings = new Map<string, Opening>();
    const turned = (chain: string): Steps => [
      [`${chain} signed`, () => look(running, chain)],
      [`${chain} sealed`, async () => openings.set(chain, await sealedOpening(running, chain))],
      [`${chain} committed`, () => commitOpening(running, chain, openings.get(chain) as Opening)],
      [`${chain} written on`, () => trail.append(client, custodian.deployment, chain, 2)],
      [`${chain} seen`, () => look(running, chain)],
    ];
    const rotation = await leftBy(running, [["add", () => turnAudit(running, "add")], ["activate", () => turnAudit(running, "activate", approved)], ...CHAINS.flatMap(turned)]);
    clock.advance(OVERLAP_MS);
    const retired = await leftBy(running, [["retire", () => turnAudit(running, "retire")]]);
    for (const left of defence === "on" ? [...rotation, ...retired] : rotation.slice(-2)) await goesOn(running, left, defence);
    if (defence === "off") return;
    expect(rotation.length + retired.length).toBeGreaterThan(30);
  },
  120_000,
);

faultTest(
  "A13",
  "an audit key with which a chain goes on is not retired: its next record would have none",
  async (defence) => {
    const rules: RingRules = defence === "on" ? strictRingRules : { ...strictRingRules, unused: false };
    const running = await start({}, { ringRules: rules });
    const people = await founders(running);
    for (const chain of CHAINS) await running.trail.append(running.client, running.custodian.deployment, chain, 3);
    for (const chain of CHAINS) await look(running, chain);
    await turnAudit(running, "add");
    await turnAudit(running, "activate", await approvedFor(running, people, "keys.activate", "audit-2"));
    await goOn(running, "system");
    running.clock.advance(OVERLAP_MS);
    await turnAudit(running, "retire");
    expect(await usableOf(running)).toEqual(CHAINS.map((chain) => `${chain}: 1 key`));
  },
  30_000,
);

faultTest(
  "A13",
  "an audit key is erased once all that it verifies is archived and gone; killed before or after that, one key is left or both, and what is kept verifies",
  async (defence) => {
    const rules: RingRules = defence === "on" ? strictRingRules : { ...strictRingRules, unused: false };
    const running = await start({}, { ringRules: rules });
    const people = await founders(running);
    const { trail, client, custodian, clock } = running;
    trail.owner = custodian.deployment;
    await trail.append(client, custodian.deployment, CHAIN, 3);
    await look(running, CHAIN);
    await turnAudit(running, "add");
    await turnAudit(running, "activate", await approvedFor(running, people, "keys.activate", "audit-2"));
    await goOn(running, CHAIN);
    // A chain that is new begins with the key of now, and is no reason to keep the one before.
    await trail.append(client, custodian.deployment, "system", 2);
    await look(running, "system");
    clock.advance(OVERLAP_MS);
    expect(await turnAudit(running, "retire")).toBe("audit-1 retired, audit-2 active");
    clock.advance(KEPT_DAYS * DAY_MS);
    const erase = await approvedFor(running, people, "keys.destroy", "audit-1");
    const early = await turnAudit(running, "destroy", erase);
    expect([early, await client.status({ verify: ["*"] }, 5000).then(({ verdicts }) => verdicts.filter(({ broken }) => broken !== null), codeOf)]).toEqual(["keys.in_use", []]);
    const manifest = manifestOf(running, 1);
    await archive(running, { ada: people[0], bob: people[1], manifest, payload: await payloadOf(running, 1, manifest) });
    for (let turn = 0; turn < 50 && custodian.store.get("archived", `${CHAIN} 1`)?.isGone !== true; turn += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    const left = await leftBy(running, [["destroy", async () => expect(await turnAudit(running, "destroy", erase)).toBe("audit-1 destroyed, audit-2 active")]]);
    const old = custodian.store.get("keyring", "audit")?.keys[0];
    expect([old?.secret, trail.rows(CHAIN).every(({ generation }) => generation === 2)]).toEqual([null, true]);
    for (const each of left) await goesOn(running, each, "on");
  },
  60_000,
);
