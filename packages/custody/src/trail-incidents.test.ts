import type { Head, SealedRecord } from "@sallyport/audit";
import { expect, test } from "vitest";
import { TrailIncidents } from "./trail-incidents.ts";
import { MemoryMarks } from "../test/memory-marks.ts";
import { closingIncident, type Mark, markId, openGeneration } from "./trail-marks.ts";
import type { Finding, Incident } from "./incident.ts";

const CHAIN = "site:S/701";
const MAC = "ab".repeat(32);

/** A chain of nine signed records in generation 1, whose database says of its head what a test makes it say. */
function signedChain() {
  const store = new MemoryMarks();
  store.put("mark", markId(CHAIN, 1), { chain: CHAIN, generation: 1, size: 9, root: MAC, mac: MAC, frontier: { size: 9, hashes: [] } as unknown as Mark["frontier"], atMs: 0 });
  const database = { head: { chain: CHAIN, generation: 1, seq: 9, mac: MAC } as Head, whileClosings: async (): Promise<void> => undefined };
  const record = { chain: CHAIN, generation: 1, seq: 9, mac: MAC, prevMac: "", body: "" } as SealedRecord;
  const incidents = new TrailIncidents({
    store,
    deployment: "d",
    now: () => 1000,
    reader: {
      deployment: () => Promise.resolve("d"),
      heads: () => Promise.resolve([database.head]),
      async closings() {
        await database.whileClosings();
        return [{ chain: CHAIN, generation: 1, seq: 9, mac: MAC }];
      },
      async *records() {
        yield await Promise.resolve([record]);
      },
    },
  });
  const found = (generation: number, seq: number, kind = "altered"): Finding =>
    ({ chain: CHAIN, generation, size: 9, at: "", broken: { seq, kind, why: "as the test has it" } }) as Finding;
  return { store, database, incidents, found, only: () => [...store.all("incident").values()] };
}

test("what is found while a chain goes on widens the incident, and isn't lost", async () => {
  const { store, database, incidents, found, only } = signedChain();
  await incidents.take(found(1, 5), "verification");
  const [incident] = only();
  database.head = { ...database.head, generation: 2, seq: 0 };
  database.whileClosings = () => incidents.take(found(1, 3, "missing"), "verification");
  expect((await incidents.goOn(incident?.id ?? "", database.head)).map(({ generation }) => generation)).toEqual([2]);
  expect(only()).toEqual([
    expect.objectContaining({ from: 3, kind: "missing", successor: 2, openedAt: expect.any(String) as string, signed: { generation: 1, seq: 9, mac: MAC } }),
  ]);
  expect(store.events).toEqual(["chain.break", "incident.opened", "chain.break", "incident.widened"]);
  // Once is enough.
  expect(await incidents.goOn(incident?.id ?? "", database.head)).toEqual([]);
});

test("a break in a generation that nobody opened doesn't keep its chain from going on", async () => {
  const { store, database, incidents, found, only } = signedChain();
  database.head = { ...database.head, generation: 2, seq: 3 };
  await incidents.take(found(2, 1, "foreign"), "verification");
  expect(only()).toEqual([expect.objectContaining({ generation: 2, from: 1, openedAt: null, successor: 3 })]);
  await incidents.take(found(1, 10, "inserted"), "checkpoint");
  expect(only()).toEqual([expect.objectContaining({ generation: 1, from: 10, openedAt: null, successor: 3 })]);
  database.head = { ...database.head, generation: 3, seq: 0 };
  await incidents.goOn(only()[0]?.id ?? "", database.head);
  expect([openGeneration(store, CHAIN), closingIncident(store, CHAIN)]).toEqual([3, undefined]);
});

test.each([1_000_000, 2 ** 31 - 1])("a head that was moved %i generations ahead isn't followed, and is one incident however often it is looked at", async (generation) => {
  const { store, database, incidents, found, only } = signedChain();
  database.head = { ...database.head, generation, seq: 0 };
  for (let time = 0; time < 3; time += 1) {
    await incidents.take(found(1, 10, "inserted"), "checkpoint");
    await incidents.take(found(generation, 1, "foreign"), "verification");
    expect(await incidents.goOn(only()[0]?.id ?? "", database.head)).toEqual([]);
  }
  expect(only()).toEqual([expect.objectContaining({ from: 10, successor: 2, openedAt: null })]);
  expect(store.all("mark").size).toBe(1);
});

test("a database that was put back isn't ours to sweep by until two people have said so, though its chains go on", async () => {
  const { store, database, incidents, found, only } = signedChain();
  expect(await incidents.isOurs()).toBe(true);
  const head = { ...database.head };
  database.head = { ...head, seq: 4 };
  await incidents.take(found(1, 5, "rolled back"), "verification");
  expect(only()).toEqual([expect.objectContaining({ isFrozen: true })]);
  database.head = { ...head, generation: 2, seq: 0 };
  await incidents.goOn(only()[0]?.id ?? "", database.head);
  expect(await incidents.isOurs()).toBe(false);
  const [incident] = only() as [Incident];
  store.put("incident", incident.id, { ...incident, ended: { at: "", approval: "", by: [] } });
  expect(await incidents.isOurs()).toBe(true);
});

test("a look at what is new moves no time of a verification, and one by seals not that of every record", async () => {
  const { incidents } = signedChain();
  const whole = (at: string): Finding => ({ chain: CHAIN, generation: 1, size: 9, at, broken: null });
  await incidents.take(whole("T1"), "checkpoint");
  expect(incidents.verdicts()).toMatchObject([{ at: "T1", fullAt: null, sealsAt: null }]);
  await incidents.take(whole("T2"), "verification");
  await incidents.take(whole("T3"), "verification", true);
  await incidents.take(whole("T4"), "checkpoint");
  expect(incidents.verdicts()).toMatchObject([{ at: "T4", fullAt: "T2", sealsAt: "T3" }]);
});
