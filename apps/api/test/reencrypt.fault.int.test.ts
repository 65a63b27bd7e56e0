import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { killedAt } from "./killed-job.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, until } from "./stack.ts";

const REASON = "a data key may be in other hands";
let at: Deployment;
let api: Api;
let proxy: FaultProxy;
let subjects: readonly string[] = [];
beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  api = await at.serve();
  await at.seed(api);
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  subjects = page.items.map(({ subjectId }) => subjectId);
  // Two versions of a record, and a day of consent: all that is sealed of a subject.
  const older = demographics(PEOPLE.map((person) => ({ ...person, age: 77 })));
  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: older })) as { packetId: string };
  dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));
  await until(async () => codeOf(await api.call("custodian", "keys.rings", {})) === "ok");
  dataOf(await api.call("regulatory", "subjects.withdraw", { subjectId: subjects[0], from: "2024-06-01", reason: REASON }));
}, 60_000);
afterAll(async () => {
  await api?.close();
  await proxy?.close();
  await at?.close();
});

interface Job {
  readonly jobId: string;
  readonly endedAt: string | null;
  readonly subjects: number;
  readonly moved: number;
  readonly fields: number;
  readonly stuck: number;
}
const jobOf = async (jobId: string): Promise<Job> => {
  const { reencryptions } = dataOf(await api.call("custodian", "keys.rings", {})) as { reencryptions: Job[] };
  return reencryptions.find((each) => each.jobId === jobId) as Job;
};
const begin = async (input: object = { study: STUDY }): Promise<string> => (dataOf(await api.call("custodian", "keys.reencrypt", { ...input, reason: REASON })) as Job).jobId;
const ended = async (jobId: string): Promise<Job> => {
  await until(async () => (await jobOf(jobId)).endedAt !== null, 20_000);
  return jobOf(jobId);
};
const reveal = async (subjectId: string, more: object = {}): Promise<string> =>
  codeOf(await api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event", ...more }));
/** Each subject's newest and oldest version, and the day of consent. */
const opened = async (): Promise<readonly string[]> => [
  ...new Set(await Promise.all([...subjects.flatMap((id) => [reveal(id), reveal(id, { version: 1 })]), reveal(subjects[0] ?? "", { field: "CONSENT.FROM" })])),
];
const versions = async (): Promise<Readonly<Record<number, number>>> => {
  const rows = await at.owner.run<{ key_version: number; n: string }>`SELECT key_version, count(*) AS n FROM phi.subjects WHERE study = ${STUDY} GROUP BY 1`;
  return Object.fromEntries(rows.map(({ key_version, n }) => [key_version, Number(n)]));
};
const stored = async (): Promise<readonly string[]> =>
  (await at.owner.run<{ fields: string }>`SELECT fields FROM phi.sealed_records ORDER BY subject, domain, record, version`).map(({ fields }) => fields);

test("every field of a study is sealed anew, old versions and days of consent too, while who reads is never refused; one subject alone where it is named", async () => {
  const before = await stored();
  const count = before.join("\n").split("\n").length + 1;
  const asked: string[] = [];
  let isOn = true;
  const reading = (async () => {
    while (isOn) asked.push(...(await opened()), codeOf(await api.call("reviewer", "subjects.history", { subjectId: subjects[0] })));
  })();
  const job = await ended(await begin());
  isOn = false;
  await reading;
  // A node that is too busy to look at its policy for a second says so, and not because of this.
  expect([...new Set(asked)].filter((code) => code !== "policy.unavailable")).toEqual(["ok"]);
  expect(job).toMatchObject({ subjects: subjects.length, moved: subjects.length, fields: count, stuck: 0 });
  const after = await stored();
  expect([after.length, after.filter((fields, n) => fields === before[n])]).toEqual([before.length, []]);
  expect(await versions()).toEqual({ 2: subjects.length });
  expect(await opened()).toEqual(["ok"]);
  // It was written down when it was asked for, and when it was over.
  await until(async () => (await at.records("system")).some(({ reason }) => reason === "reencrypted"));
  const notes = (await at.records("system")).filter(({ action }) => action === "keys.rotate");
  expect(notes.map(({ reason, resource }) => `${reason ?? ""} ${resource ?? ""}`)).toEqual([`allowed study/${STUDY}`, `reencrypted study/${STUDY}`]);

  expect(await ended(await begin({ study: STUDY, subjectId: subjects[1] }))).toMatchObject({ subjects: 1, moved: 1 });
  expect(await versions()).toEqual({ 2: subjects.length - 1, 3: 1 });
  expect(await ended(await begin({ study: OTHER_STUDY }))).toMatchObject({ subjects: 0, moved: 0 });
  for (const input of [{ study: OTHER_STUDY, subjectId: subjects[1] }, { study: "NONE" }])
    expect(codeOf(await api.call("custodian", "keys.reencrypt", { ...input, reason: REASON }))).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer", "keys.reencrypt", { study: STUDY, reason: REASON }))).toBe("policy.denied");
}, 60_000);

test("a subject of which something doesn't open stays as it is, and is told; the job ends, and the others are done", async () => {
  const [, , altered = ""] = subjects;
  const [{ fields: kept } = { fields: "" }] = await at.owner.run<{ fields: string }>`SELECT fields FROM phi.sealed_records WHERE subject = ${altered} AND version = 1`;
  const change = (fields: string) =>
    at.owner.transaction(async (tx) => {
      await tx`SET LOCAL session_replication_role = replica`;
      await tx`UPDATE phi.sealed_records SET fields = ${fields} WHERE subject = ${altered} AND version = 1`;
    });
  expect(kept).not.toBe("");
  await change(kept.replace(/.$/, (last) => (last === "A" ? "Q" : "A")));
  expect(await ended(await begin())).toMatchObject({ moved: subjects.length - 1, stuck: 1 });
  await change(kept);
  expect(await opened()).toEqual(["ok"]);
  expect(await ended(await begin())).toMatchObject({ moved: subjects.length, stuck: 0 });
}, 60_000);

/** The job in a process of its own, a subject at a time, that stands still at a point of its second batch. */
const JOB = `
const { ReencryptRounds } = await import(process.env.API + "/reencrypt-rounds.js");
const { connectDatabase, reencryptStore } = await import(process.env.DB + "/index.js");
const { connectCustodian } = await import(process.env.CUSTODY + "/index.js");
const { identity, custodianSpiffe, port, point } = JSON.parse(process.env.JOB);
const custodian = connectCustodian({ host: "127.0.0.1", port, custodianSpiffe, identity: { current: () => identity, onChange: () => undefined } });
const database = connectDatabase({ url: process.env.URL, max: 2, applicationName: "test-job" });
const owner = connectDatabase({ url: process.env.OWNER, max: 1, applicationName: "test-job-owner" });
let batches = 0;
const halt = () => { process.stdout.write("now"); return new Promise(() => setInterval(() => undefined, 1000)); };
const real = reencryptStore(database);
const store = { ...real, replace: async (job, subjects) => {
  batches += 1;
  if (batches === 2 && point === "before its update") await halt();
  if (batches === 2) process.stdout.write("second");
  if (batches === 2 && point === "between a subject's key and its fields") {
    for (const { id, now, keyVersion } of subjects) await owner.run\`UPDATE phi.subjects SET wrapped = \${now}, key_version = \${keyVersion + 1} WHERE id = \${id}\`;
    await halt();
  }
  const moved = await real.replace(job, subjects);
  if (batches === 2 && point === "after its commit") await halt();
  return moved;
} };
const asking = {
  unwrap: async (...asked) => {
    if (batches === 1 && point === "before it asks for the old key") await halt();
    return custodian.unwrap(...asked);
  },
  wrap: async (...asked) => {
    if (batches === 1 && point === "before it asks for the new key") await halt();
    return custodian.wrap(...asked);
  },
};
const trail = { inTransaction: halt };
const log = { event: (name, facts) => process.stderr.write(name + JSON.stringify(facts)) };
await new ReencryptRounds({ store, custodian: asking, trail, node: "node_killed", log, batch: { subjects: 1, versions: 1 } }).run();
process.exit(3);
`;

/** The check that a subject's fields are all under its key. */
const checked = (is: "ENABLE ALWAYS" | "DISABLE"): Promise<unknown> =>
  is === "DISABLE" ? at.owner.run`ALTER TABLE phi.subjects DISABLE TRIGGER moved` : at.owner.run`ALTER TABLE phi.subjects ENABLE ALWAYS TRIGGER moved`;
const keysOf = async (): Promise<ReadonlyMap<string, { readonly id: string; readonly wrapped: string; readonly key_version: number }>> =>
  new Map(
    (await at.owner.run<{ id: string; wrapped: string; key_version: number }>`SELECT id, wrapped, key_version FROM phi.subjects WHERE study = ${STUDY}`).map((row) => [
      row.id,
      row,
    ]),
  );

/** Kills the job at this point, and has another node go on with it. Off: a subject's key is changed before its fields, and nothing looks. */
async function killedAndGoneOn(point: string, defence: Defence): Promise<void> {
  const before = await keysOf();
  // Another node has it for now, so that it is this one's that is killed.
  const jobId = `ren_${"0".repeat(25)}${killed++}`;
  await at.owner
    .run`INSERT INTO phi.reencryptions (id, study, node, until, subjects, began_at) VALUES (${jobId}, ${STUDY}, 'node_killed', now() + interval '1 hour', ${subjects.length}, clock_timestamp())`;
  if (defence === "off") await checked("DISABLE");
  try {
    await killedAt({ at, proxy, program: JOB, point: defence === "on" ? point : "between a subject's key and its fields" });
    await until(async () => (await at.owner.run`SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'test-job%'`).length === 0);
    expect(await opened()).toEqual(["ok"]);
    expect((await jobOf(jobId)).endedAt === null).toBe(point !== "before its record");
  } finally {
    if (defence === "off") {
      for (const { id, wrapped, key_version } of before.values()) {
        const half = `%\tsp1.${id}-${key_version}.%`;
        await at.owner
          .run`UPDATE phi.subjects SET wrapped = ${wrapped}, key_version = ${key_version} WHERE id = ${id} AND EXISTS (SELECT 1 FROM phi.sealed_records f WHERE f.subject = ${id} AND f.fields LIKE ${half})`;
      }
      await checked("ENABLE ALWAYS");
    }
    await at.owner.run`UPDATE phi.reencryptions SET until = now() WHERE id = ${jobId}`;
    await ended(jobId);
  }
  expect(await jobOf(jobId)).toMatchObject({ moved: subjects.length, stuck: 0 });
  const after = await keysOf();
  expect([...before.values()].map(({ id, key_version }) => (after.get(id)?.key_version ?? 0) - key_version)).toEqual(subjects.map(() => 1));
  expect(await opened()).toEqual(["ok"]);
  const told = async () => (await at.records("system")).filter(({ reason, detail }) => reason === "reencrypted" && detail?.startsWith(`job=${jobId};`) === true);
  await until(async () => (await told()).length > 0);
  expect((await told()).map(({ detail }) => detail?.replace(/fields=\d+/, "fields=n"))).toEqual([`job=${jobId};subjects=${subjects.length};fields=n;stuck=0`]);
}
let killed = 0;

const GUARANTEE = "is gone on with by another node, each subject done once, and everything opens all the while";
faultTest(
  "E9",
  `a re-encryption that is killed between its update and its commit ${GUARANTEE}`,
  (defence) => killedAndGoneOn("between its update and its commit", defence),
  60_000,
);
test(`a re-encryption that is killed between its end and its record ${GUARANTEE}, and its end is on record once`, () => killedAndGoneOn("before its record", "on"), 60_000);
/** Each waits for two rounds of the job; the long run has them all. */
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
test.runIf(LONG).each(["before it asks for the old key", "before it asks for the new key", "before its update", "between its commit and its answer", "after its commit"])(
  `a re-encryption that is killed %s ${GUARANTEE}`,
  (point) => killedAndGoneOn(point, "on"),
  60_000,
);
