import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeyRing, ringOf } from "@sallyport/custody/keys";
import { codeOf as failureCode } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultProxy } from "./fault-proxy.ts";
import { killedAt } from "./killed-job.ts";
import { newSpoolFolder } from "./spool-steps.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

let at: Deployment;
let api: Api;
let proxy: FaultProxy;
let subjects: readonly string[] = [];
beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  api = await at.serve({ keyTtlMs: 0 });
  await at.seed(api);
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  subjects = page.items.map(({ subjectId }) => subjectId);
});
afterAll(async () => {
  await api?.close();
  await proxy?.close();
  await at?.close();
});

const ring = (): KeyRing => ringOf(at.custodian.store, "kek");
const keep = (change: (key: KeyRing["keys"][number]) => KeyRing["keys"][number]): void =>
  at.custodian.store.put("keyring", "kek", { ...ring(), keys: ring().keys.map((key) => (key.state === "retiring" ? change(key) : key)) });

/** Takes a step of the key-encryption ring; answers the failure's code, or `done`. */
const turn = async (step: string): Promise<string> => {
  const asked = JSON.stringify({ kind: "step", ring: "kek", step, at: ring().at, statement: null });
  return Promise.resolve(at.custodian.handle("rotate", Buffer.from(asked))).then(() => "done", failureCode);
};
const wrapsOf = async (kek: string): Promise<number> => {
  const [row] = await at.owner.run<{ keys: string }>`SELECT keys FROM phi.wraps() WHERE kek = ${kek}`;
  return Number(row?.keys ?? 0);
};
const reveal = async (subjectId: string): Promise<string> =>
  codeOf(await api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" }));
const opened = async (): Promise<readonly string[]> => [...new Set(await Promise.all(subjects.map(reveal)))];

/** The job in a process of its own, two keys at a time, that stands still at a point of its second batch. */
const JOB = `
const { RewrapRounds } = await import(process.env.API + "/rewrap-rounds.js");
const { connectDatabase, rewrapStore } = await import(process.env.DB + "/index.js");
const { connectCustodian } = await import(process.env.CUSTODY + "/index.js");
const { identity, custodianSpiffe, port, from, to, point } = JSON.parse(process.env.JOB);
const custodian = connectCustodian({ host: "127.0.0.1", port, custodianSpiffe, identity: { current: () => identity, onChange: () => undefined } });
const database = connectDatabase({ url: process.env.URL, max: 2, applicationName: "test-job" });
let batches = 0;
const halt = () => { process.stdout.write("now"); return new Promise(() => setInterval(() => undefined, 1000)); };
const real = rewrapStore(database);
const store = { ...real, replace: async (...asked) => {
  batches += 1;
  if (batches === 2 && point === "before its update") await halt();
  if (batches === 2) process.stdout.write("second");
  const moved = await real.replace(...asked);
  if (batches === 2 && point === "after its commit") await halt();
  return moved;
}, end: async (...asked) => {
  if (point === "after its last batch") await halt();
  await real.end(...asked);
} };
const asking = { rotate: async (...asked) => {
  if (batches === 1 && point === "before it asks the custodian") await halt();
  return custodian.rotate(...asked);
} };
const trail = { inTransaction: halt };
const log = { event: (name, facts) => process.stderr.write(name + JSON.stringify(facts)) };
await new RewrapRounds({ store, custodian: asking, keks: () => ({ active: to, retiring: from }), trail, node: "node_killed", log, batch: 2 }).run();
process.exit(3);
`;

/** Kills the job at this point, and has another node go on with it. */
async function killedAndGoneOn(point: string, defence: Defence): Promise<void> {
  expect([await turn("add"), await opened()]).toEqual(["done", ["ok"]]);
  const [from, to] = [ring().keys.find(({ state }) => state === "active")?.id ?? "", ring().keys.at(-1)?.id ?? ""];
  // Another node has it for now, so that it is this one's that is killed.
  await at.owner.run`INSERT INTO phi.rewraps (from_kek, to_kek, node, until) VALUES (${from}, ${to}, 'node_killed', now() + interval '1 hour')`;
  expect(await turn("activate")).toBe("done");
  const before = await wrapsOf(from);
  await killedAt({ at, proxy, program: JOB, point, told: { from, to } });
  await until(async () => (await at.owner.run`SELECT 1 FROM pg_stat_activity WHERE application_name = 'test-job'`).length === 0);
  const left = await wrapsOf(from);
  expect([before > left, left > 0]).toEqual([true, !isAtEnd(point)]);
  keep((key) => ({ ...key, untilS: 0 }));
  // Off: it is retired all the same.
  if (defence === "on" && !isAtEnd(point)) expect(await turn("retire")).toBe("keys.in_use");
  else keep((key) => ({ ...key, state: "retired" }));
  try {
    expect(await opened()).toEqual(["ok"]);
  } finally {
    at.custodian.store.put("keyring", "kek", { ...ring(), keys: ring().keys.map((key) => (key.id === from && key.state === "retired" ? { ...key, state: "retiring" } : key)) });
    await at.owner.run`UPDATE phi.rewraps SET until = now() WHERE node = 'node_killed'`;
    await until(async () => (await wrapsOf(from)) === 0, 15_000);
    expect(await turn("retire")).toBe("done");
  }
  expect(await opened()).toEqual(["ok"]);
  // Once, and with what the killed one had moved.
  await until(async () => (await endsOf(from, to)).length > 0);
  expect(await endsOf(from, to)).toEqual([`from=${from};to=${to};moved=${before};stuck=0`]);
}
const isAtEnd = (point: string): boolean => point === "after its last batch" || point === "before its record";
const endsOf = async (from: string, to: string): Promise<readonly (string | undefined)[]> =>
  (await at.records("system")).filter(({ reason, detail }) => reason === "rewrapped" && detail?.startsWith(`from=${from};to=${to};`) === true).map(({ detail }) => detail);

const GUARANTEE = "is gone on with by another node, and every data key opens all the while";
faultTest("E9", `a re-wrap that is killed between its update and its commit ${GUARANTEE}`, (defence) => killedAndGoneOn("between its update and its commit", defence), 60_000);
test.each(["before it asks the custodian", "before its update", "between its commit and its answer", "after its commit", "after its last batch", "before its record"])(
  `a re-wrap that is killed %s ${GUARANTEE}`,
  (point) => killedAndGoneOn(point, "on"),
  60_000,
);

/** Waits until nothing is under the key before, and retires it. */
async function settled(): Promise<void> {
  const old = ring().keys.find(({ state }) => state === "retiring");
  if (old === undefined) return;
  await until(async () => (await wrapsOf(old.id)) === 0, 15_000);
  keep((key) => ({ ...key, untilS: 0 }));
  expect(await turn("retire")).toBe("done");
}

faultTest(
  "E10",
  "who reads while the key-encryption key turns and everything is wrapped anew is never refused",
  async (defence) => {
    const outcomes: string[] = [];
    let isOver = false;
    const reading = (async () => {
      while (!isOver) outcomes.push(...(await opened()));
    })();
    await settled();
    for (const step of ["add", "activate", "revert"]) {
      expect(await turn(step)).toBe("done");
      // Off: the one before isn't accepted any more from here on.
      if (defence === "off" && step === "activate") keep((key) => ({ ...key, state: "retired" }));
      await sleep(300);
      if (defence === "off" && step === "activate") break;
    }
    if (defence === "on") await settled();
    isOver = true;
    await reading;
    expect([...new Set(outcomes)]).toEqual(["ok"]);
    expect((await at.records("system")).some(({ action, reason }) => action === "keys.rotate" && reason === "rewrapped")).toBe(true);
  },
  60_000,
);

test("a spool opens after the key-encryption key that it was begun under is retired", async () => {
  const folder = newSpoolFolder();
  const bookKey = (): string => readFileSync(`${folder}/book.key`, "latin1");
  const first = await at.serve({ spool: { folder } });
  const begun = bookKey();
  await settled();
  for (const step of ["add", "activate"]) expect(await turn(step)).toBe("done");
  await until(() => bookKey() !== begun);
  await settled();
  await first.close();
  const second = await at.serve({ spool: { folder } });
  expect([...first.events, ...second.events].filter((line) => line.includes("spool."))).toEqual([]);
  await second.close();
  rmSync(folder, { recursive: true });
});
