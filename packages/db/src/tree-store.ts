import { TILE_WIDTH, type TileSource } from "@sallyport/audit";
import type { Database } from "./database.ts";

/** Tiles that one statement adds: some ten milliseconds of the database's time. */
const BATCH = 16;
const HASH_BYTES = 32;

/** The stored Merkle tree of each generation. */
export interface TreeStore {
  /** Stores the complete tiles of a generation of `size` records that aren't stored yet. Costs what is new, and nothing where nothing is. */
  extend(chain: string, generation: number, size: number): Promise<void>;
  /** The tiles of one generation; what is missing of them is stored first. */
  tiles(chain: string, generation: number): TileSource;
}

/** The trees in Postgres: made there, of the records and of nothing else. */
export function treeStore(database: Database): TreeStore {
  const extend: TreeStore["extend"] = async (chain, generation, size) => {
    for (;;) {
      const [row] = await database.run<{ added: number }>`SELECT audit.extend_tree(${chain}, ${generation}, ${size}, ${BATCH}) AS added`;
      if ((row?.added ?? 0) < BATCH) return;
    }
  };
  return {
    extend,
    tiles: (chain, generation) => {
      const read = async (level: number, index: number, size: number): Promise<Buffer> => {
        const [row] = await database.run<{ hashes: Buffer }>`SELECT audit.tile(${chain}, ${generation}, ${level}, ${index}, ${size}) AS hashes`;
        return row?.hashes ?? Buffer.alloc(0);
      };
      return async (level, index, size) => {
        const tile = await read(level, index, size);
        // Above the leaves a tile is made of stored ones alone; those that are new since the last round are stored now.
        if (tile.length === hashesIn(level, index, size) * HASH_BYTES) return tile;
        await extend(chain, generation, size);
        return read(level, index, size);
      };
    },
  };
}

/** How many hashes a tile of the tree of `size` leaves has. */
const hashesIn = (level: number, index: number, size: number): number => Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
