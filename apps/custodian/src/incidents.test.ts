import { approvalDigest, openNote, parseStatement, type SealedRecord } from "@sallyport/audit";
import type { Incident } from "@sallyport/custody";
import { releaseIncidents } from "@sallyport/custody/incidents";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { approveAs, founders, statementOf } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";

const CHAIN = "site:S/701";
const sign = ({ client }: Running): Promise<unknown> =>
  client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000).then(({ checkpoints }) => checkpoints.map(({ generation, size }) => `${generation}/${size}`).join(" "), codeOf);
const seal = (running: Running): Promise<unknown> => running.client.seal([{ head: running.trail.head(CHAIN), drafts: [draftOf(CHAIN, 1)] }], 2000).then(() => "sealed", codeOf);
const append = (running: Running, count: number): Promise<void> => running.trail.append(running.client, running.custodian.deployment, CHAIN, count);
const verify = async ({ client }: Running): Promise<readonly Incident[]> => (await client.status({ verify: [CHAIN] }, 5000)).incidents;
const alter = (running: Running, seq: number): void =>
  void running.trail.byChain.set(
    CHAIN,
    running.trail.rows(CHAIN).map((row) => (row.seq === seq && row.generation === 1 ? { ...row, body: row.body.replace("allow", "denys") } : row)),
  );

/** Nine records, six of them signed, of which the third was altered. */
async function broken(): Promise<Running> {
  const running = await start();
  await append(running, 6);
  await sign(running);
  await append(running, 3);
  alter(running, 3);
  return running;
}

/** What the api does once the custodian has said that a chain has to go on. */
async function goOn(running: Running): Promise<Incident> {
  const [incident] = (await running.client.status({}, 2000)).incidents.filter(({ openedAt }) => openedAt === null);
  if (incident === undefined) throw new Error("no incident");
  running.trail.begin(CHAIN, incident.successor);
  await running.client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  const { marks } = await running.client.status({}, 2000);
  const mark = marks.find((each) => each.generation === incident.successor - 1 && each.chain === CHAIN);
  await running.trail.open(running.client, running.custodian.deployment, CHAIN, { generation: incident.successor - 1, seq: mark?.size ?? 0, mac: mark?.mac ?? "" });
  return (await running.client.status({}, 2000)).incidents.find(({ id }) => id === incident.id) as Incident;
}

test("a break opens one incident with its range, however often it is found, and nothing more is sealed in that generation", async () => {
  const running = await broken();
  const [incident, ...more] = await verify(running);
  expect(incident).toMatchObject({
    chain: CHAIN,
    generation: 1,
    from: 3,
    to: 6,
    kind: "altered",
    foundBy: "verification",
    isFrozen: false,
    successor: 2,
    openedAt: null,
    ended: null,
  });
  expect(more).toEqual([]);
  await verify(running);
  const again = await running.restart();
  expect((await verify(again)).map(({ id }) => id)).toEqual([incident?.id]);
  expect(await seal(again)).toBe("verb.refused");
  expect((await again.client.status({}, 2000)).events.filter(({ action }) => action === "incident.opened").length).toBe(1);
});

test("a chain goes on in the next generation once the database's head has left the broken one, whatever ends in between", async () => {
  let running = await broken();
  await verify(running);
  // The head hasn't moved yet: nothing is opened, and the whole tail is signed all the same.
  expect(await sign(running)).toBe("verb.refused");
  running = await running.restart();
  running.trail.begin(CHAIN, 2);
  running = await running.restart();
  expect(await sign(running)).toBe("1/9 2/0");
  running = await running.restart();
  expect(await sign(running)).toBe("2/0");
  // Nothing but the record that cites what was signed last begins a generation.
  expect(await seal(running)).toBe("verb.refused");
  const { mac } = running.trail.rows(CHAIN)[8] as SealedRecord;
  await running.trail.open(running.client, running.custodian.deployment, CHAIN, { generation: 1, seq: 9, mac });
  await append(running, 2);
  expect(await sign(running)).toBe("2/3");
  const { verdicts, incidents } = await running.client.status({ verify: [CHAIN] }, 5000);
  expect(verdicts.map(({ generation, size, broken: found }) => [generation, size, found?.seq ?? null, found?.kind ?? null])).toEqual([
    [1, 2, 3, "altered"],
    [2, 3, null, null],
  ]);
  expect(incidents).toEqual([
    expect.objectContaining({ to: 9, openedAt: expect.any(String) as string, signed: { generation: 1, seq: 9, mac }, stored: { generation: 1, seq: 9, mac } }),
  ]);
});

test("an export states a closed generation as it was signed last, and signs no leaf that isn't what was sealed", async () => {
  const running = await broken();
  running.trail.stored.push(...(await running.client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000)).checkpoints);
  await verify(running);
  await goOn(running);
  running.trail.stored.push(...(await running.client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000)).checkpoints);
  running.trail.byChain.set(
    CHAIN,
    running.trail.rows(CHAIN).filter(({ generation, seq }) => generation === 2 || seq !== 8),
  );
  const { notes, checkpoints } = await running.client.sign({ kind: "export", chain: CHAIN, requestedBy: "svc_auditor", requestId: "req_1" }, 2000);
  const { vkey } = (await running.client.status({}, 2000)).checkpointKey;
  expect(parseStatement(openNote(notes[0] ?? "", vkey)).generations.map(({ generation, size }) => [generation, size])).toEqual([
    [1, 9],
    [2, 1],
  ]);
  expect(checkpoints.map(({ size }) => size)).toEqual([9, 1]);
  const leaves = await running.client.sign({ kind: "leaves", vkey, chain: CHAIN, generation: 1, from: 1, to: 9 }, 2000);
  expect(leaves.notes.map((signature) => signature === Buffer.alloc(64).toString("base64"))).toEqual([false, false, true, false, false, false, false, false]);
});

test("a database that was put back freezes, and goes on behind every generation that there was; what was found earlier widens the incident", async () => {
  let running = await broken();
  await verify(running);
  await goOn(running);
  await append(running, 4);
  await sign(running);
  // An older dump: the first generation alone, and less of it than was signed.
  running.trail.byChain.set(CHAIN, running.trail.rows(CHAIN).slice(0, 5));
  running.trail.begun.clear();
  running.trail.closed.splice(0);
  running = await running.restart();
  expect(await sign(running)).toBe("verb.refused");
  const [first, second, ...more] = await verify(running);
  expect(first).toMatchObject({ generation: 1, isFrozen: false });
  expect(second).toMatchObject({ generation: 2, from: 1, kind: "rolled back", isFrozen: true, successor: 3, openedAt: null });
  expect(more).toEqual([]);
  expect(await goOn(running)).toMatchObject({ signed: { generation: 2, seq: 5 }, stored: { generation: 1, seq: 5 } });
  expect(await sign(running)).toBe("3/1");
});

test("a head that was moved by nobody's leave is an incident, and the chain goes on from there", async () => {
  const running = await start();
  await append(running, 3);
  await sign(running);
  running.trail.begin(CHAIN, 2);
  expect(await sign(running)).toBe("verb.refused");
  expect((await running.client.status({}, 2000)).incidents).toEqual([expect.objectContaining({ from: 4, kind: "inserted", successor: 2 })]);
  expect(await sign(running)).toBe("1/3 2/0");
});

test("another deployment's database opens no incident", async () => {
  const running = await broken();
  running.trail.owner = "dotherotherot";
  expect(await running.client.status({ verify: [CHAIN] }, 5000).then(() => "verified", codeOf)).toBe("trail.unavailable");
  running.trail.owner = running.custodian.deployment;
  expect((await verify(running)).length).toBe(1);
});

test("an incident is ended by two persons' passkeys, once, and verification goes on to say what is broken", async () => {
  const running = await broken();
  const [ada, bob] = await founders(running);
  await verify(running);
  const { id, to } = await goOn(running);
  const named = `incident=${id};chain=${CHAIN};generation=1;from=3;to=${to};kind=altered`;
  const statement = statementOf(running, ada, { kind: "incident.release", payload: { incidents: [named] } });
  const response = ada.authenticator.assert(Buffer.from(approvalDigest(statement), "hex"));
  const release = (client = running.client): Promise<unknown> => client.approve({ kind: "release", statement, response }, 2000).catch(codeOf);
  expect(await release()).toBe("verb.refused");
  await approveAs(running, bob, statement);
  expect(await release()).toEqual({ ended: [id] });
  const again = await running.restart();
  expect(await release(again.client)).toEqual({ ended: [id] });
  const { incidents, verdicts, events } = await again.client.status({ verify: [CHAIN] }, 5000);
  expect(incidents).toEqual([expect.objectContaining({ id, ended: expect.objectContaining({ by: [ada.id, bob.id] }) as object })]);
  expect(verdicts.find(({ generation }) => generation === 1)?.broken?.seq).toBe(3);
  expect(events.filter(({ action }) => action === "incident.ended").map(({ chain }) => chain)).toEqual(["system", CHAIN]);
  // What breaks outside of the range that was ended is another incident.
  alter(again, 2);
  expect((await verify(again)).length).toBe(2);
});

test("what was found while a release was proven is nothing that anybody approved the end of", async () => {
  const running = await broken();
  const [ada, bob] = await founders(running);
  await verify(running);
  const { id, to } = await goOn(running);
  const statement = statementOf(running, ada, { kind: "incident.release", payload: { incidents: [`incident=${id};chain=${CHAIN};generation=1;from=3;to=${to};kind=altered`] } });
  await approveAs(running, bob, statement);
  const { store } = running.custodian;
  const release = releaseIncidents(
    {
      store,
      deployment: running.custodian.deployment,
      now: running.clock.now,
      prove: () => {
        const incident = store.get("incident", id) as Incident;
        store.put("incident", id, { ...incident, from: 1 });
        return Promise.resolve("proven" as const);
      },
    },
    { kind: "release", statement, response: "" },
  );
  expect(await release.catch(codeOf)).toBe("verb.refused");
  expect(store.get("incident", id)).toMatchObject({ from: 1, ended: null });
});

test("a finding that can't be taken in keeps no other from being taken in, and the run says that it failed", async () => {
  const [other, foreign] = ["site:S/702", "site:S/703"];
  const found = (chain: string) => ({ chain, generation: 1, size: 1, at: "2026-01-01T00:00:00.000Z", broken: { seq: 1, kind: "altered", why: "as the test has it" } }) as const;
  const running = await start(
    {},
    {
      runDeeply: (_work, take) => {
        take(found(CHAIN));
        take(found(foreign));
        take(found(other));
        return Promise.resolve();
      },
    },
  );
  const heads = running.trail.heads.bind(running.trail);
  let asked = 0;
  running.trail.heads = () => (++asked % 3 === 2 ? Promise.reject(new Error("connection reset")) : heads());
  expect(await running.client.status({ verify: [CHAIN] }, 5000).then(() => "verified", codeOf)).not.toBe("verified");
  expect((await running.client.status({}, 2000)).incidents.map(({ chain }) => chain).sort()).toEqual(expect.arrayContaining([other]));
});
