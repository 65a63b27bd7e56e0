import { startPostgres } from "@sallyport/embedded-postgres";
import { durableCluster, type TemporaryCluster } from "@sallyport/embedded-postgres/testing";
import { faultTest, pdfOf } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect } from "vitest";
import { startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import type { DoorClient } from "./door-client.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { type Api, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";
import { UploadSteps } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const CYCLES = LONG ? 100 : 3;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function durable(): Promise<{ at: Deployment; cluster: TemporaryCluster }> {
  const cluster = await durableCluster();
  const at = await deployment({ durable: cluster });
  open.push(() => at.close());
  return { at, cluster };
}

async function childApi(at: Deployment, proxy: FaultProxy, who?: Who): ReturnType<typeof startChildApi> {
  const started = await startChildApi(at, proxy, who);
  open.push(started.close);
  return started;
}

const POINTS = { "between insert and commit": "to server", "after the commit and before the answer": "to client" } as const;

faultTest(
  "A10",
  "an api that is killed between insert and commit, or after the commit and before its answer, leaves one effect after a retry",
  async (defence) => {
    const { at } = await durable();
    const proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
    open.push(() => proxy.close());
    // Without keys, what was committed is done again: before the commit there is nothing to show.
    const points = Object.entries(POINTS).filter(([, direction]) => defence === "on" || direction === "to client");
    for (const [point, direction] of points) {
      const subject = direction === "to server" ? "4001" : "4002";
      const input = { study: STUDY, content: demographics([{ site: "701", subject }]) };
      const key = `retry-of-${subject}-000000`;
      const before = await effects(at);
      const first = await childApi(at, proxy);
      const held = proxy.hold(direction, inTurn(["INSERT INTO ingress.packets", "COMMIT"]));
      const lost = first.client.call("packets.upload", input, at.forge("ingest"), key).then(
        () => "answered",
        () => "no answer",
      );
      await Promise.race([held, lost.then((how) => expect([point, how]).toEqual([point, "held"]))]);
      expect(await first.child.end("SIGKILL")).toBe("SIGKILL");
      expect(await lost).toBe("no answer");
      const left = direction === "to client" ? 1 : 0;
      await until(async () => (await effects(at)).packets - before.packets === left, 5000);

      const second = await childApi(at, proxy);
      // Off: the retry is a request of its own, as without keys every retry is.
      const retried = dataOf(await second.client.call("packets.upload", input, at.forge("ingest"), defence === "on" ? key : `${key}-again`)) as { state: string };
      await second.child.end("SIGKILL");
      expect(retried.state).toBe("quarantined");
      const after = await effects(at);
      expect([point, after.packets - before.packets, after.records - before.records]).toEqual([point, 1, 1]);
    }
  },
  300_000,
);

/** The steps of a release, by what passes on the way: a commit of its own is the first one after the packet's own row was changed. */
const STEPS = {
  "before the first subject is written": ["to server", ["INSERT INTO phi.subjects"]],
  "between subjects and their records": ["to server", ["INSERT INTO phi.records"]],
  "between the datasets and the document": ["to server", ["INSERT INTO phi.documents"]],
  "between insert and commit": ["to server", ["UPDATE ingress.packets", "COMMIT"]],
  "after the commit and before the answer": ["to client", ["UPDATE ingress.packets", "COMMIT"]],
} as const;

/** Whether these texts have passed, one after the other. */
function inTurn(texts: readonly string[]): (chunk: Buffer) => boolean {
  let passed = 0;
  return (chunk) => {
    while (passed < texts.length && chunk.includes(texts[passed] ?? "")) passed += 1;
    return passed === texts.length;
  };
}

faultTest(
  "A10",
  "an api that is killed at any step of a release leaves all of it or nothing, and a retry releases once",
  async (defence) => {
    const { at } = await durable();
    const proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
    open.push(() => proxy.close());
    const whole = { subjects: 3, records: 3, fields: 39, documents: 1 };
    let before = await released(at);
    // Every other one; the long run takes all.
    const steps = Object.entries(STEPS).filter(([, [direction]], n) => (defence === "on" && (LONG || n % 2 === 0)) || direction === "to client");
    for (const [n, [step, [direction, texts]]] of steps.entries()) {
      await using seeding = await at.serve();
      const people = Array.from({ length: whole.subjects }, (_, each) => ({ site: each === 0 ? "704" : "701", subject: String(4100 + 10 * n + each) }));
      const packetId = await withDocument(at, seeding, [Buffer.from(demographics(people)), pdfOf([`(letter ${n})`])]);
      await seeding.close();
      const input = { packetId, reason: "checked against the source" };
      const key = `release-at-step-${n}-0000`;
      const first = await childApi(at, proxy, "steward");
      await served(at, first.client);
      const held = proxy.hold(direction, inTurn(texts));
      const lost = first.client.call("packets.release", input, at.forge("steward"), key).then(
        () => "answered",
        () => "no answer",
      );
      await Promise.race([held, lost.then((how) => expect([step, how]).toEqual([step, "held"]))]);
      expect(await first.child.end("SIGKILL")).toBe("SIGKILL");
      expect([step, await lost]).toEqual([step, "no answer"]);
      const isThere = direction === "to client";
      const left = isThere ? plus(before, whole) : before;
      await until(async () => JSON.stringify(await released(at)) === JSON.stringify(left), 5000);

      const second = await childApi(at, proxy, "steward");
      // Off: the retry is a request of its own, and finds a packet that is released already.
      await served(at, second.client);
      const retried = await second.client.call("packets.release", input, at.forge("steward"), defence === "on" ? key : `${key}-again`);
      expect([step, retried.status]).toEqual([step, 200]);
      await second.child.end("SIGKILL");
      expect([step, dataOf(retried)]).toMatchObject([step, { state: "released", subjects: { created: whole.subjects } }]);
      before = plus(before, whole);
      expect([step, await released(at)]).toEqual([step, before]);
    }
  },
  300_000,
);

/** Waits until a process that has just come up has its policy. */
const served = (at: Deployment, client: DoorClient): Promise<number> => until(async () => (await client.call("packets.list", {}, at.forge("steward"))).status === 200, 15_000);

interface Written {
  readonly subjects: number;
  readonly records: number;
  readonly fields: number;
  readonly documents: number;
}
const plus = (a: Written, b: Written): Written => ({
  subjects: a.subjects + b.subjects,
  records: a.records + b.records,
  fields: a.fields + b.fields,
  documents: a.documents + b.documents,
});

/** Brings a dataset and a document in as one packet. */
async function withDocument(at: Deployment, api: Api, [dataset, letter]: readonly [Buffer, Buffer]): Promise<string> {
  const files = [
    { name: "dm.json", bytes: dataset.length },
    { name: "letter.pdf", bytes: letter.length, document: { type: "irb_correspondence", site: "701" } },
  ];
  const { packetId } = dataOf(await api.call("ingest", "packets.begin", { study: STUDY, files })) as { packetId: string };
  const steps = new UploadSteps(at, api);
  for (const [n, bytes] of [dataset, letter].entries()) await steps.send(packetId, n + 1, bytes);
  dataOf(await steps.complete(packetId, [dataset, letter]));
  return packetId;
}

async function released(at: Deployment): Promise<Written> {
  const [row] = await at.owner.run<Written>`
    SELECT (SELECT count(*) FROM phi.subjects)::integer AS subjects, (SELECT count(*) FROM phi.records)::integer AS records, (SELECT count(*) FROM phi.sealed_records, string_to_table(fields, E'\n'))::integer AS fields,
           (SELECT count(*) FROM phi.documents)::integer AS documents`;
  return row ?? { subjects: 0, records: 0, fields: 0, documents: 0 };
}

async function effects(at: Deployment): Promise<{ packets: number; records: number }> {
  const [row] = await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM ingress.packets`;
  const records = (await at.records(`site:${STUDY}/701`)).filter(({ action, reason }) => action === "packet.upload" && reason === "allowed");
  return { packets: Number(row?.n), records: records.length };
}

faultTest(
  "P1",
  "a database that is killed under load loses no acknowledged record and doubles none, and the chain is whole",
  async (defence) => {
    const { at, cluster } = await durable();
    if (defence === "off") await acknowledgeEarly(cluster.url);
    await using api = await at.serve();
    await at.seed(api);
    const page = dataOf(await api.call("reviewer", "subjects.list", { site: "701" })) as { items: { subjectId: string }[] };
    const subjectId = page.items[0]?.subjectId ?? "";

    let isOver = false;
    const acknowledged: number[] = [];
    const statuses = new Set<number>();
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const reply = await api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.SUBJID", purpose: "audit", reason: "under load" });
        statuses.add(reply.status);
        if (reply.status === 200) acknowledged.push((dataOf(reply) as { recorded: { seq: number } }).recorded.seq);
        else await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    // A custodian that signed what the database then lost seals nothing more: so it is with the defence off.
    const resumes = (more: number): Promise<boolean> => {
      const enough = acknowledged.length + more;
      return until(() => acknowledged.length >= enough, 8000).then(
        () => true,
        () => false,
      );
    };
    const callers = Array.from({ length: 8 }, () => caller());
    let server: Pick<TemporaryCluster, "kill" | "exited" | "stop"> = cluster;
    let hasResumed = true;
    try {
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        hasResumed = await resumes(50);
        if (!hasResumed) break;
        server.kill("SIGKILL");
        await server.exited;
        server = await startPostgres({ dataDir: cluster.dataDir, port: cluster.port, durable: true });
      }
      if (hasResumed) await resumes(20);
    } finally {
      isOver = true;
      await Promise.all(callers);
      const last = server;
      if (last !== cluster) open.push(() => last.stop());
    }
    await until(async () => (await at.owner.run`SELECT 1 AS one`.catch(() => [])).length === 1, 10_000);
    const records = await at.records(`site:${STUDY}/701`);
    const revealed = new Set(records.filter(({ action, decision }) => action === "phi.read" && decision === "allow").map(({ seq }) => Number(seq)));
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(acknowledged.filter((seq) => !revealed.has(seq))).toEqual([]);
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 503]);
    expect(records.map(({ seq }) => Number(seq))).toEqual(records.map((_, index) => index + 1));
    expect(dataOf(await api.call("auditor", "trail.verify", {}))).toMatchObject({ whole: true });
  },
  LONG ? 1_800_000 : 150_000,
);

/** The defence off: a commit is answered before it is on disk, and is written seconds later. */
async function acknowledgeEarly(ownerUrl: string): Promise<void> {
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  const appending = await owner<{ text: string }[]>`
    SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND proname IN ('append', 'append_runs')`;
  for (const { text } of appending) await owner.unsafe(text.replace("PERFORM set_config('synchronous_commit', 'on', true)", "PERFORM 1"));
  await owner.unsafe("ALTER ROLE sallyport_api_a SET synchronous_commit = 'off'");
  await owner.unsafe("ALTER SYSTEM SET wal_writer_delay = '10s'");
  await owner.unsafe("SELECT pg_reload_conf()");
  await owner.end();
}
