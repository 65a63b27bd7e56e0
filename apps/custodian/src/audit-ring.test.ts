import { readFileSync } from "node:fs";
import { openNote, parseStatement } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { approvedFor, commitOpening, goOn, look, sealedOpening, sealOpening, turnAudit } from "../test/audit-turn.ts";
import { draftOf } from "../test/memory-trail.ts";
import { founders } from "../test/people.ts";
import { newHome, type Running, start } from "../test/running.ts";
import { escrowAuditKeys } from "./offline.ts";

const CHAINS = ["system", "site:S/701"] as const;
const OVERLAP_MS = 900_000;

const write = ({ trail, client, custodian }: Running, chain: string, count = 3): Promise<string> =>
  trail.append(client, custodian.deployment, chain, count).then(() => "sealed", codeOf);
/** What a run from the first record finds of every generation. */
const verified = async ({ client }: Running): Promise<readonly string[]> =>
  (await client.status({ verify: ["*"] }, 5000)).verdicts.map(({ chain, generation, size, broken }) => `${chain} ${generation}: ${broken?.kind ?? `whole to ${size}`}`).toSorted();

/** A custodian with two chains, whose next audit key two people have approved. */
async function ready(): Promise<{ readonly running: Running; readonly approved: string; readonly people: Awaited<ReturnType<typeof founders>> }> {
  const running = await start();
  const people = await founders(running);
  running.trail.owner = running.custodian.deployment;
  for (const chain of CHAINS) await write(running, chain);
  for (const chain of CHAINS) await look(running, chain);
  expect(await turnAudit(running, "add")).toBe("audit-1 active, audit-2 next");
  return { running, people, approved: await approvedFor(running, people, "keys.activate", "audit-2") };
}

test("another audit key is put in use by two people alone, and each chain goes on with it in its next generation, no record refused", async () => {
  const { running, approved, people } = await ready();
  expect(await turnAudit(running, "activate")).toBe("approval.required");
  expect(await turnAudit(running, "activate", await approvedFor(running, people, "keys.destroy", "audit-2"))).toBe("verb.refused");
  expect(await turnAudit(running, "activate", await approvedFor(running, people, "keys.activate", "audit-3"))).toBe("approval.required");
  // Nothing turns before.
  expect(await sealOpening(running, "system")).toBe("verb.refused");
  expect(await turnAudit(running, "activate", approved)).toBe("audit-1 retiring, audit-2 active");

  // Until a chain has turned, it goes on with the key that it has.
  expect(await write(running, "system")).toBe("sealed");
  expect(await look(running, "system")).toBe("1/6");
  running.clock.advance(OVERLAP_MS);
  expect(await turnAudit(running, "retire")).toBe("keys.in_use");
  const { marks, auditKey } = await running.client.status({}, 2000);
  expect([auditKey, marks.map((mark) => mark.auditKey)]).toEqual(["audit-2", ["audit-1", "audit-1"]]);

  expect(await goOn(running, "system")).toBe("1/6 2/1");
  expect(await turnAudit(running, "retire")).toBe("keys.in_use");
  expect(await goOn(running, "site:S/701")).toBe("1/3 2/1");
  for (const chain of CHAINS) expect(await write(running, chain)).toBe("sealed");
  expect(await turnAudit(running, "retire")).toBe("audit-1 retired, audit-2 active");
  expect(await verified(running)).toEqual(["site:S/701 1: whole to 3", "site:S/701 2: whole to 4", "system 1: whole to 6", "system 2: whole to 4"]);
  expect((await running.client.status({}, 2000)).incidents).toEqual([]);
  // One that is new begins with the key of now.
  expect(await write(running, "site:S/702")).toBe("sealed");
  expect(await look(running, "site:S/702")).toBe("1/3");
  expect((await running.client.status({}, 2000)).marks.find(({ chain }) => chain === "site:S/702")?.auditKey).toBe("audit-2");
});

test("records that are sealed behind the opening are taken before the custodian has seen it committed, and none behind one that never was", async () => {
  const { running, approved } = await ready();
  await turnAudit(running, "activate", approved);
  const { trail, client, custodian } = running;
  const ended = trail.head("system");
  const beyond = { head: { chain: "system", generation: 2, seq: 5, mac: "a".repeat(64) }, drafts: [draftOf("system", 6)] };
  expect(await client.seal([beyond], 2000).catch(codeOf)).toBe("verb.refused");
  trail.begin("system", 2);
  await trail.open(client, custodian.deployment, "system", ended);
  expect(await write(running, "system")).toBe("sealed");
  expect(await look(running, "system")).toBe("1/3 2/4");
  // The generation that is over takes nothing more.
  expect(await client.seal([{ head: ended, drafts: [draftOf("system", 4)] }], 2000).catch(codeOf)).toBe("verb.refused");
});

test("an opening that cites another end than the one that was signed isn't sealed, and a generation that begins otherwise is an incident", async () => {
  const { running, approved } = await ready();
  await turnAudit(running, "activate", approved);
  const { trail, client, custodian } = running;
  const cut = { ...trail.head("system"), seq: 2, mac: trail.rows("system")[1]?.mac ?? "" };
  const ended = trail.head("system");
  trail.begin("system", 2);
  expect(await trail.open(client, custodian.deployment, "system", cut).catch(codeOf)).toBe("verb.refused");
  // Sealed as it should be, and committed behind records that nobody signed.
  await trail.open(client, custodian.deployment, "system", ended);
  const [last] = trail.rows("system").slice(2, 3);
  trail.byChain.set("system", [...trail.rows("system").slice(0, 2), ...trail.rows("system").slice(3)]);
  expect(last?.seq).toBe(3);
  expect(await look(running, "system")).toBe("verb.refused");
  expect((await client.status({}, 2000)).incidents).toMatchObject([{ chain: "system", generation: 1, kind: "rolled back" }]);
});

test("a chain that goes on behind records that its opening doesn't cite is an incident", async () => {
  const { running, approved } = await ready();
  await turnAudit(running, "activate", approved);
  const opening = await sealedOpening(running, "system");
  // Sealed and committed after the opening was, and before it is committed: only who doesn't lock the head does that.
  await write(running, "system", 1);
  commitOpening(running, "system", opening);
  expect(await look(running, "system")).toBe("verb.refused");
  expect((await running.client.status({}, 2000)).incidents).toMatchObject([{ chain: "system", generation: 1, from: 5, kind: "inserted" }]);
});

test("the ring turns back by two people's word, until the key before is retired: chains go on with that one, in one more generation", async () => {
  const { running, approved, people } = await ready();
  await turnAudit(running, "activate", approved);
  await goOn(running, "system");
  // One person can't, nor two who said another key, or the ring of another time.
  expect(await turnAudit(running, "revert")).toBe("approval.required");
  const turnBack = async (key: string, at?: number) => turnAudit(running, "revert", await approvedFor(running, people, "keys.activate", key, at));
  for (const refused of [turnBack("audit-2", 2), turnBack("audit-1"), turnBack("audit-1", 1)]) expect(await refused).toBe("approval.required");
  const back = await approvedFor(running, people, "keys.activate", "audit-1", 2);
  expect(await turnAudit(running, "revert", back)).toBe("audit-1 active, audit-2 retiring");
  // Each time anew: what they said once closes no other generation of every chain.
  expect(await turnAudit(running, "revert", await approvedFor(running, people, "keys.activate", "audit-2", 2))).toBe("approval.required");
  // The one that hadn't turned has nothing to do.
  expect(await sealOpening(running, "site:S/701")).toBe("verb.refused");
  expect(await write(running, "system")).toBe("sealed");
  expect(await goOn(running, "system")).toBe("2/4 3/1");
  running.clock.advance(OVERLAP_MS);
  expect(await turnAudit(running, "retire")).toBe("audit-1 active, audit-2 retired");
  expect(await verified(running)).toEqual(["site:S/701 1: whole to 3", "system 1: whole to 3", "system 2: whole to 4", "system 3: whole to 1"]);
});

test("a retired audit key is kept as long as anything that it verifies, and seals nothing", async () => {
  const { running, approved, people } = await ready();
  await turnAudit(running, "activate", approved);
  for (const chain of CHAINS) await goOn(running, chain);
  running.clock.advance(OVERLAP_MS);
  await turnAudit(running, "retire");
  expect(await turnAudit(running, "destroy", await approvedFor(running, people, "keys.destroy", "audit-1"))).toBe("keys.in_use");
  const audit = (await running.client.rotate({ kind: "rings" }, 2000)).rings.find(({ ring }) => ring === "audit");
  expect(audit?.keys.map(({ id, state, wraps }) => [id, state, wraps])).toEqual([
    ["audit-1", "retired", 2],
    ["audit-2", "active", 2],
  ]);
});

test("an export names each generation's key, and what is escrowed verifies each by the seed's own rule", async () => {
  const { running, approved } = await ready();
  await turnAudit(running, "activate", approved);
  await goOn(running, "system");
  await write(running, "system");
  await look(running, "system");
  const { client, trail, home, custodian } = running;
  for (const { checkpoints } of [await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000)]) trail.stored.push(...checkpoints);
  const { notes } = await client.sign({ kind: "export", chain: "system", requestedBy: "prn_1", requestId: "req_1" }, 2000);
  const statement = parseStatement(openNote(notes[0] ?? "", (await client.status({}, 2000)).checkpointKey.vkey));
  expect(statement.generations.map(({ generation, auditKey, size }) => [generation, auditKey, size])).toEqual([
    [1, "audit-1", 3],
    [2, "audit-2", 4],
  ]);
  const { notes: leaves } = await client.sign({ kind: "leaves", vkey: (await client.status({}, 2000)).checkpointKey.vkey, chain: "system", generation: 1, from: 1, to: 3 }, 2000);
  expect(leaves.every((leaf) => leaf !== Buffer.alloc(64).toString("base64"))).toBe(true);
  await running.stop();
  const out = `${newHome()}/escrow.json`;
  await escrowAuditKeys({ home, out });
  const keys = JSON.parse(readFileSync(out, "utf8")) as Record<string, string>;
  expect(Object.keys(keys)).toEqual(["audit-1", "audit-2"]);
  for (const { body, mac, generation } of trail.rows("system"))
    expect([custodian.deployment, hmacHex(secretKey(Buffer.from(keys[`audit-${generation}`] ?? "", "base64")), body)]).toEqual([custodian.deployment, mac]);
});
