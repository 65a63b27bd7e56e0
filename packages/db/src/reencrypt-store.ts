import type { FieldRow } from "@sallyport/phi";
import type { Database, Tx } from "./database.ts";
import { asRotation } from "./rewrap-store.ts";
import { byVersion, fieldsIn, linesOf } from "./subject-rows.ts";

/** A job that seals what is stored anew, as it stands. Times in milliseconds since the epoch. */
export interface ReencryptJob {
  readonly id: string;
  readonly study: string;
  /** One subject alone; null for all of the study's. */
  readonly subject: string | null;
  readonly beganAtMs: number;
  readonly endedAtMs: number | null;
  readonly subjects: number;
  readonly moved: number;
  readonly fields: number;
  /** Subjects that didn't open, the last time through. */
  readonly stuck: number;
}

/** A subject with all that is sealed of it, as both stood at one moment. */
export interface SealedSubject {
  readonly id: string;
  readonly study: string;
  readonly site: string;
  readonly wrapped: string;
  readonly keyVersion: number;
  /** Of every version of every record; a day of consent stands as a field of `CONSENT`. */
  readonly fields: readonly FieldRow[];
  /** How many versions of records, and days of consent, there are. */
  readonly records: number;
  readonly days: number;
}

/** A subject sealed anew: the same fields under the next key. */
export interface ResealedSubject extends SealedSubject {
  readonly now: string;
}

/** A job that has ended, and isn't on the trail. */
export type ReencryptEnd = Pick<ReencryptJob, "id" | "study" | "moved" | "fields" | "stuck">;

/** What seals stored fields anew. It takes no grant, and its functions change a subject's key with all that it sealed, or nothing. */
export interface ReencryptStore {
  /** Begins a job, in the transaction of its record; null where the study has no such subject. */
  begin(tx: Tx, job: Pick<ReencryptJob, "id" | "study" | "subject">): Promise<number | null>;
  /** The oldest that hasn't ended. */
  current(): Promise<ReencryptJob | null>;
  /** The newest first. */
  all(): Promise<readonly ReencryptJob[]>;
  /** Takes the job for half a minute, or keeps it; false while another node has it. */
  take(job: string, node: string): Promise<boolean>;
  /** The next subjects behind this id, with about so many versions of records; none where there are no more. */
  next(job: string, after: string, limit: { readonly subjects: number; readonly versions: number }): Promise<readonly SealedSubject[]>;
  /** Puts them in place where what was read still stands; answers how many subjects and fields. */
  replace(job: string, subjects: readonly ResealedSubject[]): Promise<{ readonly moved: number; readonly fields: number }>;
  /** Lets go of the job after a time through; it ends where nothing is left but what doesn't open. */
  end(job: string, node: string, stuck: number): Promise<void>;
  /** Whether a job has ended that isn't on the trail. */
  isUntold(): Promise<boolean>;
  /** Takes these in the transaction that puts them there. */
  tell(tx: Tx): Promise<readonly ReencryptEnd[]>;
}

interface JobRow {
  readonly id: string;
  readonly study: string;
  readonly subject: string | null;
  readonly began_ms: string;
  readonly ended_ms: string | null;
  readonly subjects: string;
  readonly moved: string;
  readonly fields: string;
  readonly stuck: string;
}

const jobOf = (row: JobRow): ReencryptJob => ({
  id: row.id,
  study: row.study,
  subject: row.subject,
  beganAtMs: Number(row.began_ms),
  endedAtMs: row.ended_ms === null ? null : Number(row.ended_ms),
  subjects: Number(row.subjects),
  moved: Number(row.moved),
  fields: Number(row.fields),
  stuck: Number(row.stuck),
});

export function reencryptStore(database: Database): ReencryptStore {
  const asJob = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await asRotation(tx);
      return work(tx);
    });
  const jobs = (isOpen: boolean, limit: number) => database.run<JobRow>`
    SELECT id, study, subject, floor(extract(epoch FROM began_at) * 1000)::bigint AS began_ms, floor(extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms,
           subjects, moved, fields, stuck
      FROM phi.reencryptions WHERE NOT ${isOpen} OR ended_at IS NULL
     ORDER BY CASE WHEN ${isOpen} THEN extract(epoch FROM began_at) ELSE -extract(epoch FROM began_at) END LIMIT ${limit}`;
  return {
    async begin(tx, { id, study, subject }) {
      await asRotation(tx);
      const [row] = await tx<{ subjects: string | null }>`SELECT phi.begin_reencryption(${id}, ${study}, ${subject}) AS subjects`;
      return row?.subjects === null || row?.subjects === undefined ? null : Number(row.subjects);
    },
    async current() {
      const [row] = await jobs(true, 1);
      return row === undefined ? null : jobOf(row);
    },
    all: async () => (await jobs(false, 100)).map(jobOf),
    take: (job, node) =>
      asJob(async (tx) => {
        const [row] = await tx<{ taken: boolean }>`SELECT phi.take_reencryption(${job}, ${node}) AS taken`;
        return row?.taken === true;
      }),
    next: (job, after, { subjects, versions }) =>
      asJob(async (tx) => {
        const rows = await tx<{ id: string; study: string; site: string; wrapped: string; key_version: number; fields: string }>`
          SELECT id, study, site, wrapped, key_version, fields FROM phi.sealed_before(${job}, ${after}, ${subjects}, ${versions})`;
        return rows.map(sealedOf);
      }),
    replace: (job, subjects) =>
      asJob(async (tx) => {
        const given = subjects.map(({ id, wrapped: was, now, keyVersion: version, records, days }) => ({ id, was, now, version, records, days }));
        const records = subjects.flatMap(({ id, fields }) =>
          [...byVersion(fields).values()].map((of) => ({ id, domain: of[0]?.domain, record: of[0]?.record, version: of[0]?.version, fields: linesOf(of) })),
        );
        const [row] = await tx<{ moved: string; fields: string }>`
          SELECT moved, fields FROM phi.reencrypt(${job}, ${JSON.stringify(given)}::text, ${JSON.stringify(records)}::text)`;
        return { moved: Number(row?.moved ?? 0), fields: Number(row?.fields ?? 0) };
      }),
    end: (job, node, stuck) =>
      asJob(async (tx) => {
        await tx`SELECT phi.end_reencryption(${job}, ${node}, ${stuck})`;
      }),
    isUntold: async () => (await database.run`SELECT 1 FROM phi.reencryptions WHERE ended_at IS NOT NULL AND NOT is_told LIMIT 1`).length > 0,
    async tell(tx) {
      await asRotation(tx);
      const rows = await tx<Pick<JobRow, "id" | "study" | "fields" | "stuck"> & { readonly subjects: string }>`
        SELECT id, study, subjects, fields, stuck FROM phi.tell_reencryptions()`;
      return rows.map((row) => ({ id: row.id, study: row.study, moved: Number(row.subjects), fields: Number(row.fields), stuck: Number(row.stuck) }));
    },
  };
}

function sealedOf({
  id,
  study,
  site,
  wrapped,
  key_version: keyVersion,
  fields: text,
}: {
  readonly id: string;
  readonly study: string;
  readonly site: string;
  readonly wrapped: string;
  readonly key_version: number;
  readonly fields: string;
}): SealedSubject {
  const records = text === "" ? [] : text.split("\f");
  let days = 0;
  const fields = records.flatMap((each) => {
    const end = each.indexOf("\n");
    const [domain = "", record = "", version = ""] = each.slice(0, end).split("\t");
    if (domain === "CONSENT") days += 1;
    return fieldsIn({ subject: id, domain, record, version: Number(version) }, each.slice(end + 1));
  });
  return { id, study, site, wrapped, keyVersion, fields, records: records.length - days, days };
}
