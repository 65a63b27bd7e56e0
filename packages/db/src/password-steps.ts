import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { allLogins, DATABASE_PROCESSES, loginOf } from "./roles.ts";

/** Why a password was changed: at a start that found none, by its age, or because somebody asked. */
type PasswordCause = "start" | "age" | "operator";

/** One step of a generation of passwords, which are those of all processes: made, put in use, its logins shut. */
export interface PasswordStep {
  readonly generation: number;
  readonly step: "add" | "activate" | "retire";
  readonly cause: PasswordCause;
  readonly atMs: number;
  /** Of a retirement: sessions that it ended. */
  readonly ended: number;
}

/** What a password that is in use is replaced after, and the longest that the one before is accepted beside it, in milliseconds. */
export const PASSWORD_WINDOWS = { ageMaxMs: 90 * 86_400_000, overlapMaxMs: 20 * 60_000 } as const;

/** The processes' passwords as the api sees them: no secret, and no right to change one. */
export interface PasswordRecords {
  steps(): Promise<readonly PasswordStep[]>;
  /** The programs that have sessions by another login than this generation's, by name. */
  holders(generation: number): Promise<readonly string[]>;
  /** Whether there are steps that aren't on the trail yet. */
  isBehind(): Promise<boolean>;
  /** Takes the steps that aren't on the trail yet, in the transaction that puts them there. */
  takeUnrecorded(tx: Tx): Promise<readonly PasswordStep[]>;
}

export const passwordRecords = (database: Database): PasswordRecords => ({
  steps: () => readPasswordSteps(database.run),
  holders: (generation) => readHolders(database.run, generation),
  isBehind: async () => (await database.run`SELECT 1 FROM boundary.password_steps WHERE NOT is_recorded LIMIT 1`).length > 0,
  async takeUnrecorded(tx) {
    const rows = await tx<StepRow>`UPDATE boundary.password_steps SET is_recorded = true WHERE NOT is_recorded
      RETURNING generation, step, cause, floor(extract(epoch FROM at) * 1000)::bigint AS at_ms, ended`;
    return rows.map(stepOf).sort((a, b) => a.atMs - b.atMs || a.generation - b.generation);
  },
});

/** In their order. */
export async function readPasswordSteps(run: Statement): Promise<readonly PasswordStep[]> {
  const rows = await run<StepRow>`SELECT generation, step, cause, floor(extract(epoch FROM at) * 1000)::bigint AS at_ms, ended
    FROM boundary.password_steps ORDER BY at, generation, step`;
  return rows.map(stepOf);
}

/** All that isn't a login of this generation: the others, and the roles themselves, which logged in in an earlier version. */
export const otherLogins = (generation: number): readonly string[] =>
  DATABASE_PROCESSES.flatMap((process) => allLogins(process).filter((login) => login !== loginOf(process, generation)));

/** The programs that have sessions by another login than this generation's. */
export async function readHolders(run: Statement, generation: number): Promise<readonly string[]> {
  const rows = await run<{ name: string | null }>`SELECT DISTINCT application_name AS name FROM pg_catalog.pg_stat_activity
    WHERE usename = ANY (string_to_array(${otherLogins(generation).join("\n")}, E'\n')) ORDER BY 1`;
  return rows.map(({ name }) => name ?? "-");
}

interface StepRow {
  readonly generation: number;
  readonly step: PasswordStep["step"];
  readonly cause: PasswordCause;
  readonly at_ms: string;
  readonly ended: number;
}

const stepOf = ({ generation, step, cause, at_ms, ended }: StepRow): PasswordStep => ({ generation, step, cause, atMs: Number(at_ms), ended });
