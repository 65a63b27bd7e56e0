import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { GroupCommitTrail } from "@sallyport/audit";
import type { CustodianClient } from "@sallyport/custody";
import { connectDatabase, trailStore } from "@sallyport/db";
import { type MigratedDatabase, migratedDatabase } from "@sallyport/db/testing";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { clientOf, launch, type Started } from "../test/processes.ts";
import { newHome } from "../test/running.ts";

let database: MigratedDatabase;
let home = "";
beforeEach(async () => {
  database = await migratedDatabase();
  home = newHome();
  return () => database.drop();
});
const start = (port: unknown = 0, folder = home): Promise<Started> =>
  launch(folder, database.custodianUrl, { SALLYPORT_STANDBY: "on", SALLYPORT_CUSTODIAN_ADDRESS: `127.0.0.1:${String(port)}` });
const kill = async ({ child }: Started): Promise<void> => {
  child.kill("SIGKILL");
  await once(child, "exit");
};
const epochOf = async (client: CustodianClient): Promise<number> => (await client.status({}, 5000)).epoch;

test("under load, kill -9 of one after the other: the standby is there in seconds, and no acknowledged record is lost or doubled", async () => {
  let active = await start();
  const { port, deployment } = active.ready;
  const client = await clientOf(active);
  const api = connectDatabase({ url: database.apiUrl, max: 8, applicationName: "test" });
  onTestFinished(() => api.close());
  const store = trailStore(api);
  await store.transaction((tx) => store.openChain(tx, "system"));
  const trail = new GroupCommitTrail({ store, sealer: client, deployment: String(deployment), now: Date.now, probeMs: 50 });
  onTestFinished(() => trail.close());
  const acknowledged: { readonly n: number; readonly seq: number }[] = [];
  let isDone = false;
  let n = 0;
  const caller = async (): Promise<void> => {
    while (!isDone) {
      n += 1;
      const mine = n;
      await trail.append(draftOf("system", mine)).then(
        ({ seq }) => acknowledged.push({ n: mine, seq }),
        () => sleep(20),
      );
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  const more = async (count: number): Promise<void> => {
    const until = acknowledged.length + count;
    await expect.poll(() => acknowledged.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(until);
  };
  await more(200);
  for (let round = 1; round <= 3; round += 1) {
    const waiting = await start(port);
    expect(waiting.ready["type"]).toBe("standby");
    await more(50);
    const begunMs = performance.now();
    await kill(active);
    await waiting.says("ready");
    await more(1);
    expect(performance.now() - begunMs).toBeLessThan(15_000);
    await more(100);
    active = waiting;
  }
  isDone = true;
  await Promise.all(callers);

  const reader = connectDatabase({ url: database.custodianUrl, max: 1, applicationName: "test" });
  onTestFinished(() => reader.close());
  const rows = await reader.run<{ seq: string; body: string }>`SELECT seq, body FROM audit.records WHERE chain = 'system' ORDER BY seq`;
  const nOf = (body: string): number => Number(/"request_id":"req_(\d+)"/.exec(body)?.[1]);
  const placed = new Map(rows.map(({ seq, body }) => [Number(seq), nOf(body)]));
  expect(acknowledged.filter(({ n: sent, seq }) => placed.get(seq) !== sent)).toEqual([]);
  const requests = rows.map(({ body }) => nOf(body)).filter((sent) => !Number.isNaN(sent));
  expect(new Set(requests).size).toBe(requests.length);
  const { verdicts, epoch } = await client.status({ verify: ["*"] }, 20_000);
  expect(verdicts.map(({ chain, size, broken }) => [chain, size, broken])).toEqual([["system", rows.length, null]]);
  expect(epoch).toBe(4);
}, 150_000);

test("of two that are started at once one serves and one waits, which is seen at the one that serves; each new one that serves has the next number, on record", async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(new Set([one.ready["type"], two.ready["type"]])).toEqual(new Set(["ready", "standby"]));
  const [active, waiting] = one.ready["type"] === "ready" ? [one, two] : [two, one];
  const client = await clientOf(active);
  await expect.poll(() => client.status({}, 5000), { timeout: 10_000 }).toMatchObject({ epoch: 1, standby: { state: "waiting", code: null } });
  await kill(active);
  const next = await clientOf({ ...waiting, ready: await waiting.says("ready") });
  const { epoch, standby, events } = await next.status({}, 5000);
  expect([epoch, standby]).toEqual([2, null]);
  expect(events.filter(({ action }) => action === "custodian.taken_over").map(({ detail }) => detail)).toEqual(["epoch=1", "epoch=2"]);
}, 60_000);

test("one that waits has opened nothing: it reads no root key, and says what it lacks; it doesn't take over then, and does once it is there", async () => {
  const active = await start();
  const waiting = await start();
  const client = await clientOf(active);
  const hidden = `${home}/root.key.elsewhere`;
  renameSync(`${home}/root.key`, hidden);
  await expect.poll(async () => (await client.status({}, 5000)).standby, { timeout: 10_000 }).toEqual({ state: "blocked", code: "secret.missing" });
  const before = readFileSync(`${home}/store.jsonl`);
  await kill(active);
  await sleep(3_000);
  expect(readFileSync(`${home}/store.jsonl`).equals(before)).toBe(true);
  expect(waiting.stderr()).not.toContain("custodian.ready");
  renameSync(hidden, `${home}/root.key`);
  await waiting.says("ready");
}, 120_000);

test("a store that is older than the one that was taken over last isn't served from, and isn't changed", async () => {
  const first = await start();
  await kill(first);
  copyFileSync(`${home}/store.jsonl`, `${home}/store.old`);
  const active = await start();
  expect(await epochOf(await clientOf(active))).toBe(2);
  const waiting = await start();
  copyFileSync(`${home}/store.old`, `${home}/store.put`);
  renameSync(`${home}/store.put`, `${home}/store.jsonl`);
  await kill(active);
  await expect.poll(() => waiting.stderr(), { timeout: 10_000 }).toContain('"state":"blocked","code":"custodian.older"');
  expect(readFileSync(`${home}/store.jsonl`).equals(readFileSync(`${home}/store.old`))).toBe(true);
  await kill(waiting);
  const failed = await start();
  expect(failed.ready).toMatchObject({ type: "failed", code: "custodian.older", context: { epoch: 1, last: 2 } });
  // The operator's word that there is no newer one.
  const alone = await launch(home, database.custodianUrl);
  const client = await clientOf(alone);
  await expect.poll(() => epochOf(client), { timeout: 10_000 }).toBe(2);
  await kill(alone);
  expect(await epochOf(await clientOf(await start()))).toBe(3);
}, 120_000);

test("where a copy of the store takes over elsewhere, the former one finds that in the database, and ends", async () => {
  const active = await start();
  const copy = newHome();
  cpSync(home, copy, { recursive: true });
  rmSync(`${copy}/custodian.lock`);
  const elsewhere = await start(0, copy);
  expect(elsewhere.ready["type"]).toBe("ready");
  expect(await once(active.child, "exit")).toEqual([1, null]);
  expect(active.stderr()).toContain('"event":"custodian.fenced","code":"custodian.fenced"');
  expect(existsSync(`${copy}/standby.json`)).toBe(false);
}, 60_000);
