import type { Database } from "./database.ts";

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
  /** Keeps a checkpoint; one of the same size is there already and stays. */
  insert(checkpoint: StoredCheckpoint): Promise<void>;
  /** The checkpoints of a generation, by size. */
  list(chain: string, generation: number): Promise<readonly StoredCheckpoint[]>;
  /** The largest of a generation, or null. */
  latest(chain: string, generation: number): Promise<StoredCheckpoint | null>;
}

interface CheckpointRow {
  readonly chain: string;
  readonly generation: number;
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
}

const checkpointOf = (row: CheckpointRow): StoredCheckpoint => ({ ...row, size: Number(row.size), root: row.root.toString("hex") });

/** Checkpoints in Postgres: append-only. */
export function checkpointStore(database: Database): CheckpointStore {
  return {
    async insert({ chain, generation, size, root, note }) {
      await database.run`
        INSERT INTO audit.checkpoints (chain, generation, size, root, note)
        VALUES (${chain}, ${generation}, ${size}, ${Buffer.from(root, "hex")}, ${note}) ON CONFLICT DO NOTHING`;
    },
    async list(chain, generation) {
      const rows = await database.run<CheckpointRow>`
        SELECT chain, generation, size, root, note FROM audit.checkpoints WHERE chain = ${chain} AND generation = ${generation} ORDER BY size`;
      return rows.map(checkpointOf);
    },
    async latest(chain, generation) {
      const [row] = await database.run<CheckpointRow>`
        SELECT chain, generation, size, root, note FROM audit.checkpoints
         WHERE chain = ${chain} AND generation = ${generation} ORDER BY size DESC LIMIT 1`;
      return row === undefined ? null : checkpointOf(row);
    },
  };
}
