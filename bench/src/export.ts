import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PILOT_STUDY } from "@sallyport/app-host";
import { connectDatabase, type Database, recordStore } from "@sallyport/db";
import { Grant } from "@sallyport/policy";
import { type BenchDeployment, layOut } from "./deployment.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { openTrail } from "./open-trail.ts";
import { sampleDraft } from "./sample-record.ts";

const ROUNDS = 5;
const RECORDS = 40_000;
/** One reading is soon over: so many times in each round. */
const PASSES = 5;
/** As an export asks for them. */
const PAGE_RECORDS = 4096;
const SITE = { study: PILOT_STUDY, site: "701" };
const CHAIN = `site:${SITE.study}/${SITE.site}`;
const CLI = join(import.meta.dirname, "..", "..", "apps", "cli", "dist", "main.js");

/**
 * Records on their way out, against COPY of the columns that they are made of: the lines as the api reads them, and the whole command, which writes the
 * bundle with the signature of each leaf and verifies it. The signatures are kept when it is measured, and are columns of the baseline then.
 */
export async function measureExport(): Promise<readonly Figure[]> {
  const deployment = await layOut({ seed: "synthetic", programs: {}, bringSubjects: () => Promise.resolve() });
  try {
    await deployment.host.start();
    const of = await appendRecords(deployment);
    const open = (url: string): Database => connectDatabase({ url, max: 2, applicationName: "bench", statementMs: 60_000 });
    // The lines with the api's role, held to row security as it is; the baseline with the owner's, held to nothing.
    const [api, owner] = [open(readFileSync(join(deployment.home.secrets, "api.database-url"), "utf8").trim()), open(deployment.ownerUrl())];
    // Keeps what isn't kept yet.
    await exportBundle(deployment);
    const results = await interleave(ROUNDS, {
      bundle: () => perSecond(of, 1, () => exportBundle(deployment)),
      lines: () => perSecond(of, PASSES, () => readLines(api, of)),
      copy: () => perSecond(of, PASSES, () => copyColumns(owner, RECORD_COLUMNS)),
      copySigned: () => perSecond(of, PASSES, () => copyColumns(owner, RECORD_COLUMNS, SIGNATURE_COLUMNS)),
    });
    await Promise.all([api.close(), owner.close()]);
    const against = "COPY of the same columns, read and dropped";
    return [
      figureOf({ name: "export.lines", against, goal: 0.8 }, results.lines, results.copy),
      figureOf({ name: "export", against, goal: 0.8 }, results.bundle, results.copySigned),
    ];
  } finally {
    await deployment.remove();
  }
}

async function perSecond(records: number, passes: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  for (let pass = 0; pass < passes; pass += 1) await work();
  return (records * passes * 1000) / (performance.now() - startMs);
}

/** Answers how many there are in all. */
async function appendRecords(deployment: BenchDeployment): Promise<number> {
  const trail = await openTrail(deployment);
  let size = 0;
  for (let left = RECORDS; left > 0; left -= 500) {
    const appended = await Promise.all(Array.from({ length: Math.min(left, 500) }, () => trail.append(sampleDraft(CHAIN))));
    size = Math.max(size, ...appended.map(({ seq }) => seq));
  }
  await trail.close();
  return size;
}

async function exportBundle({ home }: BenchDeployment): Promise<void> {
  const out = join(home.root, "bench-bundle");
  const command = spawn(process.execPath, [CLI, "--as", "auditor", "export", "--chain", CHAIN, "--out", out], {
    env: { ...process.env, SALLYPORT_HOME: home.root },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(command, "exit")) as [number | null];
  rmSync(out, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the export ended with ${code}`);
}

async function readLines(database: Database, size: number): Promise<void> {
  const facts = { principal: "svc_auditor", person: "svc_auditor", workload: "bench", action: "trail.export", resource: "trail", requestId: "req_bench", policy: "v1:0" } as const;
  const grant = Grant.issue(facts, { effect: "allow", rule: "bench", role: "auditor", sites: [SITE], fields: { readable: [], masked: [] } });
  const records = recordStore(database);
  let count = 0;
  for (let fromSeq = 1; fromSeq <= size; fromSeq += PAGE_RECORDS) {
    const toSeq = Math.min(size, fromSeq + PAGE_RECORDS - 1);
    for await (const { ends } of records.lines(grant, { chain: CHAIN, generation: 1, fromSeq, toSeq })) count += ends.length;
  }
  if (count !== size) throw new Error(`${count} of ${size} lines`);
}

const RECORD_COLUMNS = `SELECT mac, body FROM audit.records WHERE chain = '${CHAIN}' AND generation = 1 ORDER BY seq`;
const SIGNATURE_COLUMNS = `SELECT signatures FROM audit.leaf_runs WHERE chain = '${CHAIN}' AND generation = 1 ORDER BY run`;

async function copyColumns(database: Database, ...queries: readonly string[]): Promise<void> {
  for (const query of queries) {
    let bytes = 0;
    for await (const chunk of database.stream(`COPY (${query}) TO STDOUT (FORMAT binary)`, (stream) => stream)) bytes += chunk.length;
    if (bytes < 1000) throw new Error("COPY brought nothing");
  }
}
