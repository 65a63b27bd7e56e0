import type { Head, SealedRecord, TrailStore } from "@sallyport/audit";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { appendRun, appendRuns, type Outcome, type Run } from "./append-runs.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState, isStatementError } from "./database-failure.ts";
import { gathered } from "./gathered.ts";

interface HeadRow {
  readonly chain: string;
  readonly generation: number;
  readonly seq: string;
  readonly mac: Buffer;
}

const headOf = (row: HeadRow): Head => ({ chain: row.chain, generation: row.generation, seq: Number(row.seq), mac: row.mac.toString("hex") });

/** The store of records in Postgres. Appends go through functions of the owner; this role can't write records otherwise. */
export function trailStore(database: Database): TrailStore<Tx> {
  // What is outside a transaction keeps its order on one connection; runs of several chains that wait together share a statement.
  const lane = database.lane("trail");
  const insert = gathered<Run, Outcome>((runs) => appendRuns(lane, runs));
  return {
    async heads(chains) {
      return asTrail(async () => {
        const rows = await lane<HeadRow>`
          SELECT chain, generation, seq, mac FROM audit.heads WHERE chain = ANY (string_to_array(${chains.join("\n")}, E'\n'))`;
        return rows.map(headOf);
      });
    },

    async insertAtHead(expected, records) {
      return asTrail(async () => {
        const outcome = await insert({ expected, records });
        if (typeof outcome === "string") return outcome;
        throw outcome;
      });
    },

    async holds(record) {
      return asTrail(async () => {
        const [row] = await lane<{ holds: boolean }>`
          SELECT audit.holds(${record.chain}, ${record.generation}, ${record.seq}, ${Buffer.from(record.mac, "hex")}) AS holds`;
        return row?.holds === true;
      });
    },

    transaction: (work) => database.transaction(work),

    async lockHeads(tx, chains) {
      return asTrail(async () => (await tx<HeadRow>`SELECT chain, generation, seq, mac FROM audit.lock_heads(${chains.join("\n")})`).map(headOf));
    },

    async insertLocked(tx, records) {
      await asTrail(async () => {
        const moved = await Promise.all([...runsOf(records)].map(async (run) => !(await appendRun(tx, { expected: headBefore(run), records: run }))));
        if (moved.includes(true)) throw new SallyportError("trail.contended", { chains: [...new Set(records.map(({ chain }) => chain))] });
      });
    },

    async openChain(tx, chain) {
      return asTrail(async () => {
        const [row] = await tx<{ opened: boolean }>`SELECT audit.open_chain(${chain}) AS opened`;
        return row?.opened === true;
      });
    },

    async openGeneration(tx, chain, generation) {
      return asTrail(async () => {
        const [row] = await tx<{ opened: boolean }>`SELECT audit.open_generation(${chain}, ${generation}) AS opened`;
        return row?.opened === true;
      });
    },
  };
}

/** Consecutive records of one chain. */
function* runsOf(records: readonly SealedRecord[]): Generator<readonly SealedRecord[]> {
  let start = 0;
  for (let end = 1; end <= records.length; end += 1) {
    if (end < records.length && records[end]?.chain === records[start]?.chain) continue;
    yield records.slice(start, end);
    start = end;
  }
}

function headBefore(run: readonly SealedRecord[]): Head {
  const [first] = run;
  if (first === undefined) throw new RangeError("a run of records is empty");
  return { chain: first.chain, generation: first.generation, seq: first.seq - 1, mac: first.prevMac };
}

/** Failures in the trail's own words: a lock that another holds is contention, anything else is an outage. */
async function asTrail<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SallyportError) || error.facts.pillar === "trail") throw error;
    const code: ErrorCode = isSqlState(error, "55P03", "40001", "40P01") ? "trail.contended" : "trail.unavailable";
    throw new SallyportError(code, { ...error.context, undone: isStatementError(error) });
  }
}
