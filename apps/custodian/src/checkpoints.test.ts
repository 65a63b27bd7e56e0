import { leafHash, lineOf, merkleRoot, openNote, parseCheckpoint, type SealedRecord } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { type Running, start } from "../test/running.ts";

const sign = (running: Running, chain = "system"): Promise<unknown> =>
  running.client.sign({ kind: "checkpoint", chains: [chain] }, 2000).then(({ checkpoints }) => checkpoints[0]?.size, codeOf);
const eventsOf = async ({ client }: Running): Promise<string[]> =>
  (await client.status({}, 2000)).events.filter(({ action }) => action === "chain.break").map(({ resource, detail }) => `${resource} ${detail}`);

async function signed(count: number): Promise<Running> {
  const running = await start();
  await running.trail.append(running.client, running.custodian.deployment, "system", count);
  expect(await sign(running)).toBe(count);
  return running;
}

test("a checkpoint is a note over the root that the records have, however it was arrived at", async () => {
  let running = await signed(2);
  for (const count of [1, 5, 9]) {
    await running.trail.append(running.client, running.custodian.deployment, "system", count);
    const { notes, checkpoints } = await running.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
    const { vkey } = (await running.client.status({}, 2000)).checkpointKey;
    const { origin, size, root } = parseCheckpoint(openNote(notes[0] ?? "", vkey));
    const leaves = running.trail.rows("system").map(({ body, mac }) => leafHash(lineOf(body, mac)));
    expect({ origin, size, root: root.toString("hex") }).toEqual({
      origin: `${running.custodian.trustDomain}/system/1`,
      size: leaves.length,
      root: merkleRoot(leaves).toString("hex"),
    });
    expect(checkpoints[0]?.root).toBe(root.toString("hex"));
    running = await running.restart();
  }
});

test("an unchanged chain is signed again as it was, and a chain without records has the empty root", async () => {
  const running = await signed(3);
  expect(await sign(running)).toBe(3);
  expect(await sign(running, "site:S/701")).toBe(0);
  expect(running.custodian.store.all("mark").size).toBe(1);
});

test("the mark is on disk before the signature is out", async () => {
  const running = await start();
  await running.trail.append(running.client, running.custodian.deployment, "system", 4);
  await running.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  const { marks } = await (await running.restart()).client.status({}, 2000);
  expect(marks).toEqual([
    {
      chain: "system",
      generation: 1,
      size: 4,
      root: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      mac: running.trail.head("system").mac,
      atMs: running.clock.now(),
      auditKey: "audit-1",
    },
  ]);
});

type Harm = (rows: SealedRecord[]) => SealedRecord[];
const at = (rows: SealedRecord[], index: number): SealedRecord => rows[index] as SealedRecord;
test.each<[string, Harm, string]>([
  ["emptied", () => [], "rolled back"],
  ["cut below the mark", (rows) => rows.slice(0, 3), "rolled back"],
  ["given another record at the mark", (rows) => rows.map((row, index) => (index === 3 ? { ...row, mac: "a".repeat(64) } : row)), "forked"],
  ["robbed of the record at the mark", (rows) => [...rows.slice(0, 3), ...rows.slice(4)], "missing"],
  ["altered above the mark", (rows) => rows.map((row, index) => (index === 5 ? { ...row, body: row.body.replace("allow", "denys") } : row)), "altered"],
  ["robbed of a record above the mark", (rows) => [...rows.slice(0, 5), ...rows.slice(6)], "missing"],
  ["given two records in each other's place", (rows) => [...rows.slice(0, 5), { ...at(rows, 6), seq: 6 }, { ...at(rows, 5), seq: 7 }, ...rows.slice(7)], "reordered"],
])("a chain that was %s is never signed, before or after a restart, and it goes on record once", async (_name, harm, kind) => {
  const running = await signed(4);
  await running.trail.append(running.client, running.custodian.deployment, "system", 4);
  const good = running.trail.rows("system");
  running.trail.byChain.set("system", harm(good));
  expect(await sign(running)).toBe("verb.refused");
  expect(await sign(running)).toBe("verb.refused");
  const [event, ...more] = await eventsOf(running);
  expect(event).toContain(`: ${kind}`);
  expect(more).toEqual([]);
  expect((await running.client.status({}, 2000)).verdicts[0]?.broken?.kind).toBe(kind);
  const again = await running.restart();
  expect(await sign(again)).toBe("verb.refused");
  // What was found stays an incident, whatever stands there afterwards: the chain goes on in another generation.
  running.trail.byChain.set("system", good);
  expect(await sign(again)).toBe("verb.refused");
  running.trail.begin("system", 2);
  expect(await again.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000).then(({ checkpoints }) => checkpoints.map(({ size }) => size))).toEqual([8, 0]);
});

test("a database that is away is no break", async () => {
  const running = await signed(2);
  running.trail.isAway = true;
  expect(await sign(running)).toBe("trail.unavailable");
  running.trail.isAway = false;
  expect(await sign(running)).toBe(2);
  expect(await eventsOf(running)).toEqual([]);
});

test("signatures asked for together agree, and none is below another that was out before", async () => {
  const running = await start();
  const { trail, client, custodian } = running;
  const sizes: number[] = [];
  for (let round = 0; round < 10; round++) {
    await trail.append(client, custodian.deployment, "system", 2);
    sizes.push(...(await Promise.all(Array.from({ length: 5 }, () => sign(running)))).map(Number));
  }
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(sizes.at(-1)).toBe(20);
});

test("a deep verification finds what was altered below the mark, and says that it is whole when it is", async () => {
  const running = await signed(6);
  await running.trail.append(running.client, running.custodian.deployment, "site:S/701", 2);
  const whole = await running.client.status({ verify: ["*"] }, 5000);
  expect(whole.verdicts.toSorted((a, b) => a.chain.localeCompare(b.chain)).map(({ chain, size, broken }) => [chain, size, broken])).toEqual([
    ["site:S/701", 2, null],
    ["system", 6, null],
  ]);
  running.trail.byChain.set(
    "system",
    running.trail.rows("system").map((row, index) => (index === 1 ? { ...row, body: row.body.replace("allow", "denys") } : row)),
  );
  expect(await sign(running)).toBe(6);
  const broken = await running.client.status({ verify: ["system"] }, 5000);
  expect(broken.verdicts.find(({ chain }) => chain === "system")?.broken).toMatchObject({ seq: 2, kind: "altered" });
  // What an incremental look finds above the mark doesn't make it whole again.
  expect(await sign(running)).toBe("verb.refused");
  expect((await running.client.status({}, 2000)).verdicts.find(({ chain }) => chain === "system")?.broken?.seq).toBe(2);
});

test("a checkpoint verifies nothing again: when every record was verified last is told by a verification alone", async () => {
  const running = await signed(4);
  const verdictOf = async (verify: readonly string[] = []) => (await running.client.status({ verify }, 5000)).verdicts.find(({ chain }) => chain === "system");
  const timeOf = (): string => new Date(running.clock.now()).toISOString();
  expect(await verdictOf()).toMatchObject({ at: timeOf(), fullAt: null, sealsAt: null });
  const verifiedAt = timeOf();
  expect(await verdictOf(["system"])).toMatchObject({ fullAt: verifiedAt });
  running.clock.advance(60_000);
  const rows = running.trail.rows("system");
  running.trail.byChain.set(
    "system",
    rows.map((row) => (row.seq === 2 ? { ...row, body: row.body.replace("allow", "denys") } : row)),
  );
  expect(await sign(running)).toBe(4);
  expect(await verdictOf()).toMatchObject({ at: timeOf(), broken: null, fullAt: verifiedAt });
  expect(await verdictOf(["system"])).toMatchObject({ fullAt: timeOf(), broken: { seq: 2 } });
});
