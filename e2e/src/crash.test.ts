import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type AuditRecord, GroupCommitTrail } from "@sallyport/audit";
import { connectDatabase, migrate, provisionRoles, trailStore, type Tx } from "@sallyport/db";
import { localSealer, TEST_DEPLOYMENT, testDraft } from "@sallyport/db/testing";
import { startPostgres } from "@sallyport/embedded-postgres";
import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { items } from "@sallyport/client";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportedRecords } from "./support/exported-records.ts";
import { Load } from "./support/load.ts";
import { PILOT } from "./support/pilot-study.ts";
import { leftAfter, processesOf } from "./support/processes.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { until } from "./support/until.ts";

const isLong = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const CRASHES = isLong ? 20 : 2;
/** The supervisor gives a process up that fails five times in a minute; in the long run there are more kills than that. */
const PAUSE_MS = isLong ? 8_000 : 0;
const BETWEEN_CRASHES = 25;

let product: Product;
let load: Load;
let records: ReadonlyMap<string, readonly AuditRecord[]>;

beforeAll(async () => {
  product = await startFounded();
}, 240_000);
afterAll(async () => await product.remove(), 120_000);

describe(`${CRASHES} kill -9 of the api and ${CRASHES} of PostgreSQL, under load`, () => {
  test(
    "everything goes on after each",
    async () => {
      const reviewer = product.connect("reviewer");
      const { items: subjects } = await reviewer.api.subjects.list.query({ study: "SYN-001" });
      await reviewer.close();
      load = new Load(
        product,
        subjects.map(({ subjectId }) => subjectId),
      );
      for (let crash = 0; crash < CRASHES * 2; crash += 1) {
        const before = load.acknowledged;
        await until(
          () => load.acknowledged >= before + BETWEEN_CRASHES,
          60_000,
          () => `nothing is acknowledged after crash ${crash}`,
        );
        await product.crash(crash % 2 === 0 ? "api" : "postgres");
        await sleep(PAUSE_MS);
      }
      const before = load.acknowledged;
      await until(
        () => load.acknowledged >= before + BETWEEN_CRASHES,
        60_000,
        () => "nothing is acknowledged after the last crash",
      );
      await load.stop();
      expect(load.uploads.length).toBeGreaterThan(CRASHES);
      expect(load.reveals.length).toBeGreaterThan(CRASHES);
      expect(load.outages).toBeGreaterThan(0);
    },
    60_000 + CRASHES * 2 * 30_000,
  );

  test("every chain is whole, under the audit key and by its export", async () => {
    const auditor = product.connect("auditor");
    expect(await auditor.api.trail.verify.query({}, { context: { deadlineMs: 60_000 } })).toMatchObject({ whole: true });
    await auditor.close();
    const exported = new Map<string, readonly AuditRecord[]>();
    for (const chain of new Set(["system", ...load.reveals.map((reveal) => reveal.chain)])) exported.set(chain, await exportedRecords(product, chain));
    records = exported;
    for (const lines of records.values()) expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  }, 240_000);

  test("no acknowledged reveal is lost or doubled: each stands where its answer said", () => {
    const places = load.reveals.map(({ chain, seq }) => `${chain} ${seq}`);
    expect(new Set(places).size).toBe(places.length);
    for (const { chain, seq } of load.reveals) expect(records.get(chain)?.[seq - 1]).toMatchObject({ seq, action: "phi.read" });
  });

  test("no acknowledged upload or rejection is lost or doubled, in the store and in the trail", async () => {
    const steward = product.connect("steward");
    const stored = new Map<string, string>();
    for await (const { packetId, state } of items(steward.api.packets.list.query, { study: PILOT, limit: 500 })) {
      expect(stored.has(packetId)).toBe(false);
      stored.set(packetId, state);
    }
    await steward.close();
    const system = records.get("system") ?? [];
    const acts = (action: string, packetId: string): number => system.filter((line) => line.action === action && line.resource === packetId && line.reason === "allowed").length;
    for (const { packetId } of load.uploads) expect([stored.has(packetId), acts("packet.upload", packetId)]).toEqual([true, 1]);
    for (const { packetId } of load.rejections) expect([stored.get(packetId), acts("packet.reject", packetId)]).toEqual(["rejected", 1]);
    expect(new Set(load.uploads.map(({ packetId }) => packetId)).size).toBe(load.uploads.length);
    // What is stored and was not acknowledged is an upload whose answer was lost: on record, once, as well.
    for (const packetId of stored.keys()) expect(acts("packet.upload", packetId)).toBe(1);
  });

  test("an acknowledged change that is asked for again with its key answers what it answered, and changes nothing", async () => {
    const [ingest, steward] = [product.connect("ingest"), product.connect("steward")];
    const total = async (): Promise<number> => (await steward.api.packets.list.query({ limit: 1 })).total;
    const before = await total();
    for (const { packetId, key } of load.rejections.slice(-3)) {
      expect(await steward.api.packets.reject.mutate({ packetId, reason: "delivered for the wrong visit" }, { context: { idempotencyKey: key } })).toMatchObject({
        packetId,
        state: "rejected",
      });
    }
    expect(await total()).toBe(before);
    await Promise.all([ingest.close(), steward.close()]);
  });

  test("the egress process asks for work by a certificate of its own, and again after a kill -9 of it; an auditor sees an empty outbox", async () => {
    const asked = async (): Promise<readonly AuditRecord[]> =>
      (await exportedRecords(product, "system")).filter(({ action, reason }) => action === "outbox.deliver" && reason === "opened");
    const before = await until(
      async () => {
        const lines = await asked();
        return lines.length > 0 && lines;
      },
      60_000,
      () => "the egress process asks for nothing",
    );
    for (const { principal, workload } of before) expect([principal, workload]).toEqual(["svc_egress", expect.stringMatching(/^spiffe:\/\/[a-z0-9.-]+\/zone\/egress\/egress$/)]);
    await product.crash("egress");
    await until(
      async () => (await asked()).length > before.length,
      60_000,
      () => "the egress process asks for nothing after its crash",
    );
    expect(await product.json(["--as", "auditor", "outbox"])).toMatchObject({ items: [], routes: [] });
  }, 150_000);
});

/** Appends at full speed, then a crash of the whole database in mid-flight; answers the places that were acknowledged and are not there. */
async function lostInCrash(defence: "on" | "off"): Promise<readonly number[]> {
  const cluster = await durableCluster();
  try {
    await migrate(cluster.url, { deployment: TEST_DEPLOYMENT });
    const { apiUrl } = await provisionRoles(cluster.url);
    await prepareCrash(cluster.url, defence);
    const database = connectDatabase({ url: apiUrl, max: 8, applicationName: "crash" });
    const store = trailStore(database);
    const trail = new GroupCommitTrail<Tx>({ store, sealer: localSealer(TEST_DEPLOYMENT), deployment: TEST_DEPLOYMENT, now: Date.now });
    await database.transaction((tx) => store.openChain(tx, "system"));
    const acknowledged: number[] = [];
    let isDown = false;
    const caller = async (): Promise<void> => {
      while (!isDown) {
        const receipt = await trail.append(testDraft(randomUUID())).catch(() => null);
        if (receipt !== null) acknowledged.push(receipt.seq);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    await until(
      () => acknowledged.length > 400,
      30_000,
      () => "nothing is appended",
    );
    for (const { pid } of processesOf(cluster.dataDir)) process.kill(pid, "SIGKILL");
    isDown = true;
    await Promise.all(callers);
    await database.close();
    await leftAfter(cluster.dataDir, 10_000);
    return await missingFrom(cluster.dataDir, acknowledged);
  } finally {
    await cluster.dispose();
  }
}

/** Slows the writer of what is not yet durable, so that a crash shows it; with the defence off, the append's own assertion is turned round. */
async function prepareCrash(url: string, defence: "on" | "off"): Promise<void> {
  const owner = postgres(url, { max: 1, onnotice: () => undefined });
  await owner.unsafe("ALTER SYSTEM SET wal_writer_delay = '10s'");
  await owner.unsafe("SELECT pg_reload_conf()");
  if (defence === "off") {
    const [found] = await owner<{ source: string }[]>`SELECT pg_get_functiondef(oid) AS source FROM pg_proc WHERE oid = 'audit.append'::regproc`;
    const lax = found?.source
      .replace(/IF current_setting\('synchronous_commit'\) NOT IN \([^)]*\) THEN/, "IF true THEN")
      .replace("set_config('synchronous_commit', 'on', true)", "set_config('synchronous_commit', 'off', true)");
    if (lax === undefined || !lax.includes("'off'")) throw new Error("the append no longer asserts that its commit is durable");
    await owner.unsafe(lax);
  }
  await owner.end();
}

async function missingFrom(dataDir: string, acknowledged: readonly number[]): Promise<readonly number[]> {
  const again = await startPostgres({ dataDir });
  const owner = postgres(again.url, { max: 1, onnotice: () => undefined });
  const kept = new Set((await owner<{ seq: string }[]>`SELECT seq FROM audit.records WHERE chain = 'system'`).map(({ seq }) => Number(seq)));
  await owner.end();
  await again.stop();
  return acknowledged.filter((seq) => !kept.has(seq));
}

faultTest(
  "P1",
  "an append that was acknowledged survives a kill -9 of the whole database in mid-flight",
  async (defence) => expect(await lostInCrash(defence)).toEqual([]),
  90_000,
);
