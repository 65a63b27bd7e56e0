import { type ExportPage, leafHash, pageLines, openPage, type PackedPage, parseVkey, verifyBundle, verifyLeaf } from "@sallyport/audit";
import { directoryReader, BundleWriter } from "@sallyport/audit/bundle-folder";
import { ed25519Public } from "@sallyport/crypto";
import type { Custodian, SignRequest } from "@sallyport/custody";
import { leafStore, type RunAt } from "@sallyport/db";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointsOf, type OpenedGeneration } from "./exported-checkpoints.ts";
import { STUDY } from "./dataset.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { killedAt } from "./killed-job.ts";
import { LeafDesk } from "../src/leaf-desk.ts";
import { LeafRounds } from "../src/leaf-rounds.ts";
import { type Api, dataOf, type Deployment, deployment, until } from "./stack.ts";

const CHAIN = `site:${STUDY}/701`;
/** Two whole runs and a part of one. */
const RECORDS = 2600;
let at: Deployment;
let api: Api;
let proxy: FaultProxy;
const asked: Extract<SignRequest, { kind: "leaves" }>[] = [];
/** What the custodian says of each leaf, asked by nobody else. */
let truth: readonly string[] = [];
let size = 0;

const noted = (real: Custodian): Custodian =>
  custodianWith(real, {
    sign: (request, deadlineMs) => {
      if (request.kind === "leaves") asked.push(request);
      return real.sign(request, deadlineMs);
    },
  });
const sign = async (request: object): Promise<readonly string[]> =>
  (JSON.parse((await at.custodian.handle("sign", Buffer.from(JSON.stringify(request)))).toString()) as { notes: string[] }).notes;
const draft = (requestId: string, chain = CHAIN) => ({
  chain,
  principal: "svc_auditor",
  role: "auditor",
  workload: "test",
  action: "subject.read",
  resource: "ref:test",
  site: `${STUDY}/701`,
  decision: "allow" as const,
  reason: "allowed",
  request_id: requestId,
  policy: "-",
  detail: "-",
});
const append = (count: number, name: string) => Promise.all(Array.from({ length: count }, (_, n) => api.process.trail.append(draft(`${name}_${n}`))));
/** As somebody who owns the database: no trigger holds. */
const tamper = async (text: string): Promise<void> => {
  const each = ["audit.records", "audit.leaf_runs"];
  const statements = [
    ...each.map((table) => `ALTER TABLE ${table} DISABLE TRIGGER append_only`),
    text,
    ...each.map((table) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER append_only`),
  ];
  await at.owner.transaction(async (tx) => {
    for (const sql of statements) await tx(Object.assign([sql], { raw: [sql] }));
  });
};
const kept = async (): Promise<readonly string[]> => {
  const rows = await at.owner.run<{ run: string; chain: string }>`SELECT run, chain FROM audit.leaf_runs WHERE chain = ${CHAIN} ORDER BY run`;
  return rows.map(({ run }) => run);
};
/** Nobody else keeps signatures until this is over. */
const hold = (node: string) => at.owner.run`
  INSERT INTO audit.leaf_keeper (node, until) VALUES (${node}, now() + interval '1 hour') ON CONFLICT (only_row) DO UPDATE SET node = excluded.node, until = excluded.until`;
const page = async (from: number, limit: number): Promise<ExportPage> =>
  openPage(dataOf(await api.call("auditor", "trail.readExport", { chain: CHAIN, generation: 1, from, limit })) as PackedPage);
const signaturesIn = ({ signatures }: ExportPage): readonly string[] =>
  Array.from({ length: signatures.length / 64 }, (_, n) => signatures.toString("base64", n * 64, n * 64 + 64));
const pages = async (limit: number, from = 1): Promise<readonly string[]> => {
  const signatures: string[] = [];
  for (let next = from; next <= size; next += limit) signatures.push(...signaturesIn(await page(next, Math.min(limit, size - next + 1))));
  return signatures;
};

beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  // The custodian's answers are its own; what is asked of it is noted.
  api = await at.serve({ custodian: noted });
  await hold("nobody");
  await at.seed(api);
  await append(RECORDS, "first");
  dataOf(await api.call("auditor", "trail.openExport", { chain: CHAIN }));
  const [row] = await at.owner.run<{ size: string }>`SELECT max(size) AS size FROM audit.checkpoints WHERE chain = ${CHAIN}`;
  size = Number(row?.size);
  const parts: string[] = [];
  // Never a whole run at once, so that there is nothing but signatures of leaves in it.
  for (let from = 1; from <= size; from += 1000)
    parts.push(...(await sign({ kind: "leaves", vkey: api.process.signingKey().vkey, chain: CHAIN, generation: 1, from, to: Math.min(size, from + 999) })));
  truth = parts;
}, 120_000);
afterAll(async () => {
  await api?.close();
  await proxy?.close();
  await at?.close();
});

test("with any part of the signatures kept, a page is the same to the byte as with none; what is kept isn't made again", async () => {
  expect([truth.length, await kept()]).toEqual([size, []]);
  expect(await pages(777, 5)).toEqual(truth.slice(4));
  // What the export made is kept, run by run.
  expect(await kept()).toEqual(["0", "1"]);
  asked.length = 0;
  for (const limit of [4000, 1024, 333]) expect(await pages(limit)).toEqual(truth);
  expect(asked.every(({ from }) => from > 2048)).toBe(true);
  for (const run of [0, 1]) {
    await tamper(`DELETE FROM audit.leaf_runs WHERE run = ${run}`);
    expect(await pages(1500)).toEqual(truth);
    expect(await kept()).toEqual(["0", "1"]);
  }
  const [first] = pageLines(await page(1, 1));
  const publicKey = ed25519Public(parseVkey(api.process.watch.status().checkpointKey.vkey).raw);
  const place = { deployment: at.custodian.deployment, chain: CHAIN, generation: 1, seq: 1, leaf: leafHash(first ?? "").toString("hex") };
  expect(verifyLeaf(place, truth[0] ?? "", [publicKey])).toBe(true);
}, 120_000);

test.each([
  ["one bit of a signature", "signature", "UPDATE audit.leaf_runs SET signatures = set_byte(signatures, 70, get_byte(signatures, 70) # 1) WHERE run = 0"],
  [
    "two signatures that changed places",
    "signature",
    "UPDATE audit.leaf_runs SET signatures = substr(signatures, 65, 64) || substr(signatures, 1, 64) || substr(signatures, 129) WHERE run = 0",
  ],
  ["another run's", "signature", "UPDATE audit.leaf_runs l SET (signatures, signature) = (SELECT signatures, signature FROM audit.leaf_runs WHERE run = 1) WHERE run = 0"],
  ["another key's name", "key", "UPDATE audit.leaf_runs SET vkey = 'other' WHERE run = 0"],
])(
  "signatures altered in the database are told of and not exported: %s",
  async (_what, why, alteration) => {
    expect(await pages(4000)).toEqual(truth);
    const told = () => api.events.filter((line) => line.includes("leaves.altered") && line.includes(`"why":"${why}"`)).length;
    const before = told();
    await tamper(alteration);
    expect(await pages(4000)).toEqual(truth);
    expect(told()).toBeGreaterThan(before);
    await tamper("DELETE FROM audit.leaf_runs WHERE run = 0");
  },
  60_000,
);

/** The chain as a client writes it down, verified. */
async function exported(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "leaves-"));
  try {
    const opened = dataOf(await api.call("auditor", "trail.openExport", { chain: CHAIN })) as {
      statement: string;
      generations: [OpenedGeneration];
      fingerprint: string;
    };
    const [generation] = opened.generations;
    const writer = await BundleWriter.create(folder, opened.statement);
    await writer.open(1);
    await writer.addPage(await page(1, 4000));
    await writer.addCheckpoints(await checkpointsOf(async (input) => dataOf(await api.call("auditor", "trail.readCheckpoints", input)), { chain: CHAIN, ...opened }, generation));
    await writer.finish({ names: {}, vocabulary: { actions: {}, reasons: {} } });
    const { breaks } = await verifyBundle(directoryReader(folder), { fingerprint: opened.fingerprint });
    return breaks.map(({ seq, kind }) => `${kind} ${seq}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a record that is altered after its leaf was signed is named by the bundle, as one before", async () => {
  await pages(4000);
  expect([await kept(), await exported()]).toEqual([["0", "1"], []]);
  const alter = (from: string, to: string, seq: number) =>
    tamper(`UPDATE audit.records SET body = replace(body, '"decision":"${from}"', '"decision":"${to}"') WHERE chain = '${CHAIN}' AND seq = ${seq}`);
  await alter("allow", "denys", 1500);
  expect(await exported()).toEqual(["altered 1500"]);
  // Its run is kept no more, and isn't kept again: the custodian doesn't vouch for it.
  await tamper("DELETE FROM audit.leaf_runs WHERE run = 1");
  asked.length = 0;
  expect(await exported()).toEqual(["altered 1500"]);
  // And its leaves are signed once for each export.
  expect(asked.filter(({ from }) => from === 1025)).toHaveLength(1);
  expect(await kept()).toEqual(["0"]);
  await alter("denys", "allow", 1500);
  expect(await exported()).toEqual([]);
}, 60_000);

/** What the rounds told the database that they know to be kept, each time they asked what is left. */
const knew: (readonly RunAt[])[] = [];
const rounds = (node: string) => {
  const real = leafStore(api.database);
  const store = { ...real, due: (known: readonly RunAt[], limit: number) => (knew.push(known), real.due(known, limit)) };
  const log = { event: (name: string, facts: object) => Promise.reject(new Error(`${name} ${JSON.stringify(facts)}`)) as never };
  const custodian = { sign: async (request: SignRequest) => ({ notes: await sign(request), checkpoints: [] }) };
  const desk = new LeafDesk({ store, custodian, deployment: at.custodian.deployment, signingKey: api.process.signingKey, log });
  return new LeafRounds({ store, desk, node, log, clock: () => performance.now() });
};
/** Rounds until nothing is left, or so many. */
const runs = async (each: LeafRounds, times: number): Promise<void> => {
  for (let n = 0; n < times; n += 1) {
    await each.run();
    await new Promise((resolve) => setTimeout(resolve, 600));
  }
};

test("what is left is signed while nobody appends, by one node at a time, and what isn't as it was sealed is passed over", async () => {
  await tamper(`DELETE FROM audit.leaf_runs WHERE chain = '${CHAIN}'`);
  await hold("another");
  await runs(rounds("node"), 3);
  expect(await kept()).toEqual([]);
  await hold("node");
  const busy = rounds("node");
  let isOn = true;
  const appending = (async () => {
    for (let n = 0; isOn; n += 1) await append(40, `busy_${n}`);
  })();
  await runs(busy, 3);
  expect(await kept()).toEqual([]);
  isOn = false;
  await appending;
  await runs(busy, 4);
  expect((await kept()).slice(0, 2)).toEqual(["0", "1"]);

  await tamper(`DELETE FROM audit.leaf_runs WHERE chain = '${CHAIN}'`);
  await tamper(`UPDATE audit.records SET body = replace(body, 'allow', 'denys') WHERE chain = '${CHAIN}' AND seq = 7`);
  asked.length = 0;
  await runs(rounds("node"), 4);
  expect((await kept()).slice(0, 1)).toEqual(["1"]);
  await tamper(`UPDATE audit.records SET body = replace(body, 'denys', 'allow') WHERE chain = '${CHAIN}' AND seq = 7`);
}, 60_000);

/** The rounds in a process of their own, that stand still at a point of their second run. */
const JOB = `
const { LeafDesk } = await import(process.env.API + "/leaf-desk.js");
const { LeafRounds } = await import(process.env.API + "/leaf-rounds.js");
const { connectDatabase, leafStore } = await import(process.env.DB + "/index.js");
const { connectCustodian } = await import(process.env.CUSTODY + "/index.js");
const { identity, custodianSpiffe, port, point, deployment, vkey } = JSON.parse(process.env.JOB);
const custodian = connectCustodian({ host: "127.0.0.1", port, custodianSpiffe, identity: { current: () => identity, onChange: () => undefined } });
const store = leafStore(connectDatabase({ url: process.env.URL, max: 2, applicationName: "test-job" }));
const halt = () => { process.stdout.write("now"); return new Promise(() => setInterval(() => undefined, 1000)); };
let kept = 0;
const watched = { ...store, keep: async (...run) => {
  kept += 1;
  if (kept === 2 && point === "before it keeps") await halt();
  const answer = store.keep(...run);
  if (kept === 2 && point === "while it keeps") await halt();
  await answer;
  if (kept === 2 && point === "after it kept") await halt();
  return answer;
} };
const log = { event: (name, facts) => process.stderr.write(name + JSON.stringify(facts)) };
const desk = new LeafDesk({ store: watched, custodian, deployment, signingKey: () => ({ vkey, handovers: [], behind: [vkey] }), log });
const rounds = new LeafRounds({ store, desk, node: "node_killed", log, clock: () => performance.now() });
for (;;) { await rounds.run(); await new Promise((resolve) => setTimeout(resolve, 600)); }
`;

test.each(["before it keeps", "while it keeps", "after it kept"])(
  "a node that is killed %s is followed by another, and each run is there once",
  async (point) => {
    await tamper(`DELETE FROM audit.leaf_runs WHERE chain = '${CHAIN}'`);
    await hold("node_killed");
    const vkey = api.process.watch.status().checkpointKey.vkey;
    await killedAt({ at, proxy, program: JOB, point, told: { deployment: at.custodian.deployment, vkey } });
    await until(async () => (await at.owner.run`SELECT 1 FROM pg_stat_activity WHERE application_name = 'test-job'`).length === 0);
    expect((await kept()).length).toBeGreaterThan(0);
    await at.owner.run`UPDATE audit.leaf_keeper SET until = now()`;
    await runs(rounds("next"), 4);
    await hold("nobody");
    const runsKept = await kept();
    expect(runsKept).toEqual(Array.from(runsKept, (_, n) => String(n)));
    expect(await pages(4000)).toEqual(truth);
  },
  60_000,
);

test("what the custodian hasn't seen holds up nothing else, and what is kept is looked for once", async () => {
  // The first of all in order, and checkpointed beyond what the custodian knows of it, as where it was put back.
  const unseen = `site:${STUDY}/100`;
  await at.owner.run`INSERT INTO audit.generations (chain, generation) VALUES (${unseen}, 1)`;
  await at.owner.run`INSERT INTO audit.checkpoints (chain, generation, size, root, note) VALUES (${unseen}, 1, 4096, decode(repeat('00', 32), 'hex'), 'a note')`;
  await tamper(`DELETE FROM audit.leaf_runs WHERE chain = '${CHAIN}'`);
  await hold("node");
  await runs(rounds("node"), 4);
  const count = (await kept()).length;
  expect(count).toBeGreaterThan(1);
  // One that is started anew finds all kept, and doesn't have it looked for again.
  knew.length = 0;
  await runs(rounds("node"), 4);
  expect([knew[0], knew.at(-1)?.find(({ chain }) => chain === CHAIN)]).toEqual([[], { chain: CHAIN, generation: 1, run: count }]);
  await hold("another");
  knew.length = 0;
  await runs(rounds("node"), 3);
  expect(knew).toEqual([]);
}, 60_000);
