import type { Database, Tx } from "./database.ts";

/** A signed checkpoint of one chain's generation, as the custodian answers it. */
export interface StoredCheckpoint {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly note: string;
}

export interface CheckpointStore {
  /** Keeps a checkpoint, in a transaction or by itself; one of the same size is there already and stays. */
  insert(checkpoint: StoredCheckpoint, tx?: Tx): Promise<void>;
  /** The next checkpoints of a generation above a size, by size, and below another where that is given. */
  page(of: CheckpointPage): Promise<readonly StoredCheckpoint[]>;
  /** The largest of a generation, or null. */
  latest(chain: string, generation: number): Promise<StoredCheckpoint | null>;
  /** The smallest that covers a record, with when it was stored, or null. */
  covering(chain: string, generation: number, seq: number): Promise<(StoredCheckpoint & { readonly storedAtMs: number }) | null>;
  /** How far each of these chains is written and signed, in name order with `system` last; one that was never opened is left out. */
  standing(chains: readonly string[]): Promise<readonly ChainStanding[]>;
}

/** A chain's open generation: its size, the largest checkpoint's size, and when that was stored; and the records of all its generations that stand there. */
interface ChainStanding {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly checkpointed: number;
  readonly checkpointedAtMs: number | null;
  readonly records: number;
}

interface CheckpointPage {
  readonly chain: string;
  readonly generation: number;
  readonly above: number;
  readonly below?: number;
  readonly limit: number;
}

interface CheckpointRow {
  readonly chain: string;
  readonly generation: number;
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
}

const checkpointOf = ({ chain, generation, size, root, note }: CheckpointRow): StoredCheckpoint => ({ chain, generation, size: Number(size), root: root.toString("hex"), note });

/** Checkpoints in Postgres: append-only. */
export function checkpointStore(database: Database): CheckpointStore {
  return {
    async insert({ chain, generation, size, root, note }, tx) {
      await (tx ?? database.run)`
        INSERT INTO audit.checkpoints (chain, generation, size, root, note)
        VALUES (${chain}, ${generation}, ${size}, ${Buffer.from(root, "hex")}, ${note}) ON CONFLICT DO NOTHING`;
    },
    async page({ chain, generation, above, below = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = await database.run<CheckpointRow>`
        SELECT chain, generation, size, root, note FROM audit.checkpoints
         WHERE chain = ${chain} AND generation = ${generation} AND size > ${above} AND size < ${below} ORDER BY size LIMIT ${limit}`;
      return rows.map(checkpointOf);
    },
    async latest(chain, generation) {
      const [row] = await database.run<CheckpointRow>`
        SELECT chain, generation, size, root, note FROM audit.checkpoints
         WHERE chain = ${chain} AND generation = ${generation} ORDER BY size DESC LIMIT 1`;
      return row === undefined ? null : checkpointOf(row);
    },
    async covering(chain, generation, seq) {
      const [row] = await database.run<CheckpointRow & { stored_at_ms: string }>`
        SELECT chain, generation, size, root, note, floor(extract(epoch FROM stored_at) * 1000)::bigint AS stored_at_ms FROM audit.checkpoints
         WHERE chain = ${chain} AND generation = ${generation} AND size >= ${seq} ORDER BY size LIMIT 1`;
      return row === undefined ? null : { ...checkpointOf(row), storedAtMs: Number(row.stored_at_ms) };
    },
    async standing(chains) {
      const rows = await database.run<{ chain: string; generation: number; size: string; checkpointed: string | null; stored_at_ms: string | null; records: string }>`
        SELECT h.chain, h.generation, h.seq AS size, c.size AS checkpointed, floor(extract(epoch FROM c.stored_at) * 1000)::bigint AS stored_at_ms,
               h.seq + coalesce((SELECT sum(g.previous_seq) FROM audit.generations g WHERE g.chain = h.chain AND g.generation > 1 AND NOT EXISTS (
                 SELECT 1 FROM audit.archivals a WHERE a.chain = g.chain AND a.generation = g.generation - 1 AND a.removed_at IS NOT NULL)), 0) AS records
          FROM audit.heads h LEFT JOIN LATERAL (
            SELECT k.size, k.stored_at FROM audit.checkpoints k WHERE k.chain = h.chain AND k.generation = h.generation ORDER BY k.size DESC LIMIT 1) c ON true
         WHERE h.chain = ANY (string_to_array(${chains.join("\n")}, E'\n'))
         ORDER BY h.chain = 'system', h.chain COLLATE "C"`;
      return rows.map(({ chain, generation, size, checkpointed, stored_at_ms, records }) => ({
        chain,
        generation,
        size: Number(size),
        checkpointed: Number(checkpointed ?? 0),
        checkpointedAtMs: stored_at_ms === null ? null : Number(stored_at_ms),
        records: Number(records),
      }));
    },
  };
}
