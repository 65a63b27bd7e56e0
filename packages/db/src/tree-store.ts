import type { TileSource } from "@sallyport/audit";
import type { Database } from "./database.ts";

/** Tiles that one statement adds: some ten milliseconds of the database's time. */
const BATCH = 16;

/** The stored Merkle tree of each generation. */
export interface TreeStore {
  /** Stores the complete tiles of a generation of `size` records that aren't stored yet. Costs what is new, and nothing where nothing is. */
  extend(chain: string, generation: number, size: number): Promise<void>;
  /** The tiles of one generation, as far as it has been {@link TreeStore.extend}ed. */
  tiles(chain: string, generation: number): TileSource;
}

/** The trees in Postgres: made there, of the records and of nothing else. */
export function treeStore(database: Database): TreeStore {
  return {
    async extend(chain, generation, size) {
      for (;;) {
        const [row] = await database.run<{ added: number }>`SELECT audit.extend_tree(${chain}, ${generation}, ${size}, ${BATCH}) AS added`;
        if ((row?.added ?? 0) < BATCH) return;
      }
    },
    tiles: (chain, generation) => async (level, index, size) => {
      const [row] = await database.run<{ hashes: Buffer }>`SELECT audit.tile(${chain}, ${generation}, ${level}, ${index}, ${size}) AS hashes`;
      return row?.hashes ?? Buffer.alloc(0);
    },
  };
}
