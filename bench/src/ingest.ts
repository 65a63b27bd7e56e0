import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PILOT_STUDY } from "@sallyport/app-host";
import { connect } from "@sallyport/client";
import { layOut } from "./deployment.ts";
import { type Figure, figureOf } from "./figure.ts";
import { insertedPerSecond, sealedPerSecond } from "./ingest-baselines.ts";
import { demographics, type IngestSample, vitalSigns } from "./ingest-sample.ts";
import { interleave } from "./interleave.ts";

const ROUNDS = 5;
/** What a release does once, whatever its size, is about a tenth of a second: the sizes are those of a large study's delivery. */
const SUBJECTS = 2_000;
const ROWS_PER_SUBJECT = 8;
/** Subjects in the measurement of memory. */
const FEW_SUBJECTS = 340;
/** Rows of a subject in the measurement of memory, and ten times as many. */
const FEW = 3;
const MANY = 30;
const DEADLINE_MS = 300_000;
/** What a release can't do without: sealing, and for new subjects their keys. */
const BASELINE = { subjects: "sealing the same fields and making the same keys", rows: "sealing the same fields" } as const;
const GOAL = 0.5;
/** Ten times the rows take at most 1.2 times the memory. */
const MEMORY_GOAL = 0.833;

/**
 * Releases through the whole product – the boundary, reading, comparing, sealing, inserting, the record of each site and its
 * checkpoint – against the cryptography alone in a loop, and against plain inserts of the same rows.
 */
export async function measureIngest(): Promise<readonly Figure[]> {
  const node = (name: string) => ({ command: process.execPath, args: [join(import.meta.dirname, `${name}.js`)], cwd: import.meta.dirname });
  const deployment = await layOut({ seed: "synthetic", programs: { console: node("console-stand-in") }, bringSubjects: () => Promise.resolve() });
  try {
    await deployment.host.start();
    const ingest = connect({ profile: join(deployment.home.profiles, "ingest") });
    const steward = connect({ profile: join(deployment.home.profiles, "steward") });
    try {
      const { studies } = await steward.api.studies.list.query({});
      const sites = studies.find(({ study }) => study === PILOT_STUDY)?.sites ?? [];
      const upload = async ({ text }: IngestSample): Promise<string> => (await ingest.api.packets.upload.mutate({ study: PILOT_STUDY, content: text })).packetId;
      const release = (packetId: string) => steward.api.packets.release.mutate({ packetId, reason: "Rows for a measurement." }, { context: { deadlineMs: DEADLINE_MS } });
      const releasedPerSecond = async (sample: IngestSample): Promise<number> => {
        const packetId = await upload(sample);
        const startMs = performance.now();
        await release(packetId);
        return (sample.rows.length * 1000) / (performance.now() - startMs);
      };
      const figures: Figure[] = [];
      const samples = {
        subjects: (from: number) => demographics(PILOT_STUDY, sites, from, SUBJECTS),
        rows: (from: number) => vitalSigns(PILOT_STUDY, from, SUBJECTS, ROWS_PER_SUBJECT),
      };
      for (const name of ["subjects", "rows"] as const) {
        const sampleFrom = samples[name];
        let round = 0;
        const results = await interleave(ROUNDS, {
          released: () => releasedPerSecond(sampleFrom(SUBJECTS * round++)),
          sealed: () => sealedPerSecond(sampleFrom(0), PILOT_STUDY, name === "subjects"),
          inserted: () => insertedPerSecond(deployment.ownerUrl(), sampleFrom(0)),
        });
        figures.push(
          figureOf({ name: `ingest.${name}.sealed`, against: `${BASELINE[name]}, released ${name}`, goal: GOAL }, results.released, results.sealed),
          figureOf({ name: `ingest.${name}.inserted`, against: `plain inserts of the same rows, released ${name}`, goal: null }, results.released, results.inserted),
        );
      }
      const pid = deployment.host.status().processes.find(({ name }) => name === "api")?.pid ?? null;
      if (pid !== null && existsSync(`/proc/${pid}/clear_refs`)) figures.push(await measureMemory(pid, upload, release));
      return figures;
    } finally {
      await Promise.all([ingest.close(), steward.close()]);
    }
  } finally {
    await deployment.remove();
  }
}

/** The most memory that a release holds, against one of ten times the rows. Both packets lie in quarantine before either is measured. */
async function measureMemory(pid: number, upload: (sample: IngestSample) => Promise<string>, release: (packetId: string) => Promise<unknown>): Promise<Figure> {
  const few: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const from = FEW_SUBJECTS * round;
    const packets = [await upload(vitalSigns(PILOT_STUDY, from, FEW_SUBJECTS, FEW)), await upload(vitalSigns(PILOT_STUDY, from, FEW_SUBJECTS, MANY))];
    for (const [at, peaks] of [few, many].entries()) peaks.push(await peakOf(pid, () => release(packets[at] ?? "")));
  }
  return figureOf({ name: "ingest.memory", against: "the peak of memory at ten times the rows", goal: MEMORY_GOAL }, few, many);
}

/** The most resident memory of a process while something runs, as Linux counts it (proc(5)), in kB. */
async function peakOf(pid: number, run: () => Promise<unknown>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await run();
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN);
}
