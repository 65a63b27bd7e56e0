import { cpSync, readFileSync } from "node:fs";
import { CheckpointFile, heldBelow, isKeyAmong, keysBehind, openNote, parseStatement, parseVkey, statementText, verifyLeaf, leafHash, lineOf } from "@sallyport/audit";
import { ed25519Public, sha256Hex } from "@sallyport/crypto";
import { fileRootKey, SealedStore } from "@sallyport/custody/journal";
import type { KeyRing } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { approvedFor } from "../test/audit-turn.ts";
import { founders } from "../test/people.ts";
import { newHome, type Running, start, STARTER } from "../test/running.ts";
import { hear, keyOf, LEAD_MS, OVERLAP_MS, turnOnce, turnSign } from "../test/sign-turn.ts";
import type { Kinds } from "./store.ts";

const CHAIN = "system";
const EXPORT = { kind: "export", chain: CHAIN, requestedBy: "svc_auditor", requestId: "req_1" } as const;

/** A custodian with a chain of which a checkpoint is stored. */
async function begun(): Promise<Running> {
  const running = await start();
  await grow(running, 4);
  return running;
}
async function grow({ client, trail, custodian }: Running, records: number): Promise<void> {
  await trail.append(client, custodian.deployment, CHAIN, records);
  const { checkpoints } = await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  trail.stored.push(...checkpoints);
}
const excerpt = ({ clock }: Running, vkey: string) =>
  ({ kind: "excerpt", vkey, exportedAt: new Date(clock.now()).toISOString(), requestedBy: "svc_auditor", requestId: "req_1", records: 0, sha256: sha256Hex("") }) as const;
const leaves = (vkey: string) => ({ kind: "leaves", vkey, chain: CHAIN, generation: 1, from: 1, to: 4 }) as const;

test("the signing key turns by two persons' word, once nodes know the next one; what was begun under the one before ends under it", async () => {
  const running = await begun();
  const { client, clock, trail, custodian } = running;
  const people = await founders(running);
  const first = await keyOf(running);
  expect(first.handovers).toEqual([]);
  const opened = await client.sign(EXPORT, 2000);
  expect(opened.by).toEqual({ vkey: first.vkey, handovers: [] });

  expect(await turnSign(running, "add")).toBe("sign-1 active, sign-2 next");
  // Shown before it is used, for witnesses and for whoever compares fingerprints.
  const { signKeys } = await client.status({}, 2000);
  expect(signKeys.map(({ id, state, since, until }) => [id, state, since, until])).toEqual([
    ["sign-1", "active", null, null],
    ["sign-2", "next", null, null],
  ]);
  const rings = (await client.rotate({ kind: "rings" }, 2000)).rings.find(({ ring }) => ring === "sign");
  expect(rings?.keys.map(({ vkey, fingerprint }) => [vkey, fingerprint])).toEqual(signKeys.map(({ vkey, fingerprint }) => [vkey, fingerprint]));
  expect(await turnSign(running, "activate")).toBe("keys.early");
  clock.advance(LEAD_MS);
  await client.status({ holds: { node: "node_1", tokenKeys: [], signKeys: ["sign-1"] } }, 2000);
  expect(await turnSign(running, "activate")).toBe("keys.unheld");
  await hear(running);
  expect(await turnSign(running, "activate")).toBe("approval.required");
  expect(await turnSign(running, "activate", await approvedFor(running, people, "keys.activate", "sign-3"))).toBe("approval.required");
  expect(await turnSign(running, "activate", await approvedFor(running, people, "keys.activate", "sign-2"))).toBe("sign-1 retiring, sign-2 active");

  const second = await keyOf(running);
  expect(second.vkey).toBe(signKeys[1]?.vkey);
  expect(second.handovers).toHaveLength(1);
  expect(keysBehind(second.vkey, second.handovers)).toEqual([second.vkey, first.vkey]);
  expect(isKeyAmong(first.fingerprint, keysBehind(second.vkey, second.handovers))).toBe(true);

  // What was begun before: leaves and an excerpt by the key that it states itself by.
  const [signature = ""] = (await client.sign(leaves(first.vkey), 2000)).notes;
  const [{ seq, body, mac } = { seq: 0, body: "", mac: "" }] = trail.rows(CHAIN);
  const place = { deployment: custodian.deployment, chain: CHAIN, generation: 1, seq, leaf: leafHash(lineOf(body, mac)).toString("hex") };
  expect(verifyLeaf(place, signature, [ed25519Public(parseVkey(first.vkey).raw)])).toBe(true);
  expect(openNote((await client.sign(excerpt(running, first.vkey), 2000)).notes[0] ?? "", first.vkey)).toContain("sallyport-excerpt-v1");
  // What is begun now: the key in use, over checkpoints by either.
  const again = await client.sign(EXPORT, 2000);
  const statement = parseStatement(openNote(again.notes[0] ?? "", second.vkey));
  expect([statement.keys, again.by]).toEqual([[second.vkey, first.vkey], { vkey: second.vkey, handovers: second.handovers }]);
  expect(statementText(statement)).toContain(second.vkey);
  await grow(running, 2);
  expect(trail.stored.map(({ note }) => [first, second].findIndex(({ vkey }) => codeFrom(() => openNote(note, vkey)) === "opens"))).toEqual([0, 1]);
  expect(parseStatement(openNote((await client.sign(EXPORT, 2000)).notes[0] ?? "", second.vkey)).generations[0]?.checkpoints).toBe(2);
  expect(openNote((await client.sign({ kind: "policy", canonical: STARTER, statement: null }, 2000)).notes[0] ?? "", second.vkey)).toContain("policy");

  clock.advance(OVERLAP_MS);
  expect(await turnSign(running, "retire")).toBe("sign-1 retired, sign-2 active");
  for (const request of [leaves(first.vkey), excerpt(running, first.vkey)]) expect(await client.sign(request, 2000).catch(codeOf)).toBe("verb.refused");
  const destroy = await approvedFor(running, people, "keys.destroy", "sign-1");
  expect(await turnSign(running, "destroy")).toBe("approval.required");
  expect(await turnSign(running, "destroy", destroy)).toBe("sign-1 destroyed, sign-2 active");
  const after = await running.restart();
  expect(await keyOf(after)).toEqual(second);
  expect((await after.client.status({}, 2000)).signKeys.map(({ id, state, vkey }) => [id, state, vkey])).toEqual([
    ["sign-1", "destroyed", first.vkey],
    ["sign-2", "active", second.vkey],
  ]);
});

test("nothing is signed by a key that isn't in use yet, was taken back, or was never the deployment's", async () => {
  const running = await begun();
  await turnSign(running, "add");
  const [, next] = (await running.client.status({}, 2000)).signKeys;
  const { vkey } = await keyOf(await start());
  for (const each of [next?.vkey ?? "", vkey]) expect(await running.client.sign(leaves(each), 2000).catch(codeOf)).toBe("verb.refused");
  expect(await turnSign(running, "drop")).toBe("sign-1 active, sign-2 destroyed");
  expect(await running.client.sign(leaves(next?.vkey ?? ""), 2000).catch(codeOf)).toBe("verb.refused");
});

test("the ring turns back by a handover of its own, and either fingerprint leads to what is signed then", async () => {
  const running = await begun();
  const first = await keyOf(running);
  const people = await founders(running);
  await turnOnce(running, people, "sign-2");
  const second = await keyOf(running);
  running.clock.advance(1000);
  await hear(running);
  const turnBack = async (key: string, at?: number) => turnSign(running, "revert", await approvedFor(running, people, "keys.activate", key, at));
  // One person can't, nor two who said another key, or the ring of another time.
  expect(await turnSign(running, "revert")).toBe("approval.required");
  for (const refused of [turnBack("sign-2", 2), turnBack("sign-1"), turnBack("sign-1", 1)]) expect(await refused).toBe("approval.required");
  const approved = await approvedFor(running, people, "keys.activate", "sign-1", 2);
  expect(await turnSign(running, "revert", approved)).toBe("sign-1 active, sign-2 retiring");
  expect(await turnBack("sign-2", 3)).toBe("sign-1 retiring, sign-2 active");
  // What they said once isn't said again.
  expect(await turnSign(running, "revert", approved)).toBe("approval.required");
  expect(await turnBack("sign-1", 4)).toBe("sign-1 active, sign-2 retiring");
  const third = await keyOf(running);
  expect([third.vkey, third.handovers.length]).toEqual([first.vkey, 2]);
  expect(keysBehind(third.vkey, third.handovers)).toEqual([first.vkey, second.vkey]);
  const { signKeys } = await running.client.status({}, 2000);
  expect(signKeys.map(({ since, until }) => [since !== null, until !== null])).toEqual([
    [true, false],
    [true, true],
  ]);
  // What the other signed meanwhile is taken.
  expect(parseStatement(openNote((await running.client.sign(EXPORT, 2000)).notes[0] ?? "", third.vkey)).keys).toEqual([first.vkey, second.vkey]);
});

test("an older store that was put back, without the key that signed since, exports what its own keys signed", async () => {
  const running = await begun();
  const people = await founders(running);
  const { vkey } = await keyOf(running);
  const home = newHome();
  for (const file of ["root.key", "shreds.jsonl", "store.jsonl"]) cpSync(`${running.home}/${file}`, `${home}/${file}`);
  await turnOnce(running, people, "sign-2");
  await grow(running, 2);
  await running.stop();

  const older = await start({ home, trail: running.trail, clock: running.clock });
  const { client, trail } = older;
  const [last] = (await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000)).checkpoints;
  /** What is stated, once it is what the exporter makes of what is stored. */
  const exported = async () => {
    const { notes, checkpoints } = await client.sign(EXPORT, 2000);
    const { keys, generations } = parseStatement(openNote(notes[0] ?? "", vkey));
    const [stated] = checkpoints;
    const held = stated === undefined ? [] : [...trail.stored.filter(heldBelow(keys, stated.size)), stated];
    const file = new CheckpointFile();
    for (const { note } of held) file.add(`${openNote(note, keys)}\n${note.slice(note.indexOf("\n\n") + 2)}`);
    expect(generations).toEqual([expect.objectContaining({ size: stated?.size, checkpoints: file.count, checkpointsSha256: file.sha256() })]);
    return { keys, stated, sizes: held.map(({ size }) => size) };
  };
  // The database keeps the one of this size that the lost key signed.
  expect(trail.stored.map(({ size }) => size)).toEqual([4, 6]);
  expect(await exported()).toEqual({ keys: [vkey], stated: last, sizes: [4, 6] });
  await grow(older, 1);
  expect(trail.stored.map(({ size }) => size)).toEqual([4, 6, 7]);
  expect(await exported()).toMatchObject({ stated: { size: 7 }, sizes: [4, 7] });
});

test("a home of the version before is taken over: its key has a public key, and the journal of shreds opens by the key that it had", async () => {
  const running = await begun();
  const before = await keyOf(running);
  const people = await founders(running);
  const shreds = readFileSync(`${running.home}/shreds.jsonl`);
  const secretOf = ({ custodian }: Running): string => custodian.store.get("shredkey", "-")?.secret ?? "";
  const secret = secretOf(running);
  await running.stop();
  const lock = { assertHeld: () => undefined, release: () => undefined };
  const key = await fileRootKey(`${running.home}/root.key`).derive("store");
  const store = new SealedStore<Kinds>({ path: `${running.home}/store.jsonl`, key, lock, onFailure: () => undefined });
  await store.rewrite();
  const { keys, ...ring } = store.get("keyring", "sign") as KeyRing;
  store.put("keyring", "sign", { ...ring, keys: keys.map(({ id, state, secret, fromS, untilS }) => ({ id, state, secret, fromS, untilS })) });
  store.put("shredkey", "-", null);
  await store.close();

  const again = await running.restart();
  expect([await keyOf(again), secretOf(again)]).toEqual([before, secret]);
  await turnOnce(again, people, "sign-2");
  again.clock.advance(OVERLAP_MS);
  await turnSign(again, "retire");
  await turnSign(again, "destroy", await approvedFor(again, people, "keys.destroy", "sign-1"));
  const last = await again.restart();
  expect([secretOf(last), readFileSync(`${last.home}/shreds.jsonl`).equals(shreds)]).toEqual([secret, true]);
});

function codeFrom(open: () => unknown): string {
  try {
    open();
    return "opens";
  } catch (error) {
    return codeOf(error);
  }
}
