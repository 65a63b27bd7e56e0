import type { Head, SealedRecord, TrailStore } from "@sallyport/audit";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState, isStatementError } from "./database-failure.ts";

interface HeadRow {
  readonly chain: string;
  readonly generation: number;
  readonly seq: string;
  readonly mac: Buffer;
}

const headOf = (row: HeadRow): Head => ({ chain: row.chain, generation: row.generation, seq: Number(row.seq), mac: row.mac.toString("hex") });

/** The store of records in Postgres. Appends go through functions of the owner; this role can't write records otherwise. */
export function trailStore(database: Database): TrailStore<Tx> {
  return {
    async heads(chains) {
      return asTrail(async () => {
        const rows = await lane(database, chains[0])<HeadRow>`
          SELECT chain, generation, seq, mac FROM audit.heads WHERE chain = ANY (string_to_array(${chains.join("\n")}, E'\n'))`;
        return rows.map(headOf);
      });
    },

    async insertAtHead(expected, records) {
      return asTrail(async () => ((await append(database.lane(expected.chain), expected, records)) ? "stored" : "moved"));
    },

    async holds(record) {
      return asTrail(async () => {
        const [row] = await database.lane(record.chain)<{ holds: boolean }>`
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
        const moved = await Promise.all([...runsOf(records)].map(async (run) => !(await append(tx, headBefore(run), run))));
        if (moved.includes(true)) throw new SallyportError("trail.contended", { chains: [...new Set(records.map(({ chain }) => chain))] });
      });
    },

    async openChain(tx, chain) {
      return asTrail(async () => {
        const [row] = await tx<{ opened: boolean }>`SELECT audit.open_chain(${chain}) AS opened`;
        return row?.opened === true;
      });
    },
  };
}

/** A chain's statements keep their order: they share a connection. */
const lane = (database: Database, chain: string | undefined): Statement => (chain === undefined ? database.run : database.lane(chain));

async function append(statement: Statement, expected: Head, records: readonly SealedRecord[]): Promise<boolean> {
  const bodies = records.map(({ body }) => body).join("\n");
  const macs = Buffer.from(records.map(({ mac }) => mac).join(""), "hex");
  const [row] = await statement<{ stored: boolean }>`
    SELECT audit.append(${expected.chain}, ${expected.generation}, ${expected.seq}, ${Buffer.from(expected.mac, "hex")}, ${bodies}, ${macs}) AS stored`;
  return row?.stored === true;
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
