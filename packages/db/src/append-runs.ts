import type { Head, SealedRecord } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { Statement } from "./connection.ts";
import { isStatementError } from "./database-failure.ts";

/** Sealed records of one chain, and the head that they follow. */
export interface Run {
  readonly expected: Head;
  readonly records: readonly SealedRecord[];
}

/** What became of a run; a failure is its own, never one that another run of its statement met. */
export type Outcome = "stored" | "moved" | SallyportError;

/** Records of one statement, but for a single run that is longer. */
const RECORDS_MAX = 4096;

/** Inserts one run and moves its head, or says false. */
export async function appendRun(statement: Statement, { expected, records }: Run): Promise<boolean> {
  const [row] = await statement<{ stored: boolean }>`
    SELECT audit.append(${expected.chain}, ${expected.generation}, ${expected.seq}, ${bytesOf([expected.mac])}, ${bodiesOf(records)}, ${macsOf(records)}) AS stored`;
  return row?.stored === true;
}

/**
 * Inserts runs of several chains, as many in one statement as there can be: of one chain, one. Answers in the order of the runs.
 * The statements are sent one behind the other, so `statement` must keep their order.
 */
export async function appendRuns(statement: Statement, runs: readonly Run[]): Promise<readonly Outcome[]> {
  const outcomes = new Map<Run, Outcome>();
  await Promise.all(
    statementsOf(runs).map(async (shared) => {
      const each = shared.length === 1 ? await alone(statement, shared) : await together(statement, shared);
      for (const [at, run] of shared.entries()) outcomes.set(run, each[at] ?? new SallyportError("internal", { runs: shared.length }));
    }),
  );
  return runs.map((run) => outcomes.get(run) ?? new SallyportError("internal", { runs: runs.length }));
}

/** Shares the runs out: a chain's next run goes into a later statement than the one before. */
function statementsOf(runs: readonly Run[]): readonly (readonly Run[])[] {
  const statements: { readonly runs: Run[]; records: number }[] = [];
  const nextOf = new Map<string, number>();
  for (const run of runs) {
    const { chain } = run.expected;
    let at = nextOf.get(chain) ?? 0;
    while ((statements[at]?.records ?? 0) + run.records.length > RECORDS_MAX && statements[at] !== undefined) at += 1;
    const statement = (statements[at] ??= { runs: [], records: 0 });
    statement.runs.push(run);
    statement.records += run.records.length;
    nextOf.set(chain, at + 1);
  }
  return statements.map(({ runs: shared }) => shared);
}

/** One statement. Where the server refuses it, it wrote nothing, and each run is tried alone: one bad one is none of the others' fault. */
async function together(statement: Statement, runs: readonly Run[]): Promise<readonly Outcome[]> {
  const heads = runs.map(({ expected }) => expected);
  const records = runs.flatMap((run) => run.records);
  let first = 1;
  const firsts = runs.map((run) => (first += run.records.length) - run.records.length);
  try {
    const [row] = await statement<{ stored: string }>`
      SELECT audit.append_runs(${lines(heads.map(({ chain }) => chain))}, ${lines(heads.map(({ generation }) => generation))}, ${lines(heads.map(({ seq }) => seq))},
        ${bytesOf(heads.map(({ mac }) => mac))}, ${lines(firsts)}, ${bodiesOf(records)}, ${macsOf(records)}) AS stored`;
    const stored = new Set((row?.stored ?? "").split("\n"));
    return runs.map((_, at) => (stored.has(String(at + 1)) ? "stored" : "moved"));
  } catch (error) {
    if (error instanceof SallyportError && isStatementError(error)) return alone(statement, runs);
    return runs.map(() => failed(error));
  }
}

/** A statement each, one behind the other. */
const alone = (statement: Statement, runs: readonly Run[]): Promise<readonly Outcome[]> =>
  Promise.all(
    runs.map(async (run): Promise<Outcome> => {
      try {
        return (await appendRun(statement, run)) ? "stored" : "moved";
      } catch (error) {
        return failed(error);
      }
    }),
  );

const failed = (error: unknown): SallyportError => (error instanceof SallyportError ? error : new SallyportError("internal", {}, error));
const lines = (values: readonly (string | number)[]): string => values.join("\n");
const bytesOf = (macs: readonly string[]): Buffer => Buffer.from(macs.join(""), "hex");
const bodiesOf = (records: readonly SealedRecord[]): string => lines(records.map(({ body }) => body));
const macsOf = (records: readonly SealedRecord[]): Buffer => bytesOf(records.map(({ mac }) => mac));
