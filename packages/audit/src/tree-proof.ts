import { hashChildren } from "./tree-hash.ts";

/** A tile is this many levels of the tree high. */
const TILE_HEIGHT = 8;
/** Hashes in a complete tile. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;
const HASH_BYTES = 32;

/**
 * Port: the stored hashes of one generation's tree, in tiles of 256. Answers the hashes, 32 bytes each, of the perfect subtrees of 256^level leaves
 * that the tree of `size` leaves has, from the `index` × 256th on: at most 256, and fewer at the tree's right edge.
 */
export type TileSource = (level: number, index: number, size: number) => Promise<Buffer>;

/** Leaves from `start` up to `end`, `end` left out. */
type Leaves = readonly [start: number, end: number];

/** The largest power of two below `size` (size ≥ 2): where RFC 6962 §2.1 parts a tree. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Whose hashes prove a leaf: its siblings from the leaf upwards (RFC 6962 §2.1.1). */
function siblingsOf(index: number, size: number): Leaves[] {
  const siblings: Leaves[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    siblings.push(index < middle ? [middle, end] : [start, middle]);
    [start, end] = index < middle ? [start, middle] : [middle, end];
  }
  return siblings.reverse();
}

/** Whose hashes prove that the first `size1` leaves of `size2` are a prefix (RFC 6962 §2.1.2). */
function prefixParts(size1: number, size2: number): Leaves[] {
  const parts: Leaves[] = [];
  let [start, end] = [0, size2];
  while (end !== size1) {
    const middle = start + splitPoint(end - start);
    parts.push(size1 <= middle ? [middle, end] : [start, middle]);
    [start, end] = size1 <= middle ? [start, middle] : [middle, end];
  }
  // Where the prefix is a whole subtree from the first leaf on, the verifier has its root already.
  return start === 0 ? parts.reverse() : [...parts, [start, end] as const].reverse();
}

/** A range of leaves that RFC 6962 gives one hash, as the perfect subtrees that it is made of, largest first. */
function perfectParts([start, end]: Leaves): { readonly height: number; readonly index: number }[] {
  const parts: { readonly height: number; readonly index: number }[] = [];
  for (let at = start; at < end; ) {
    let height = 0;
    while (at + 2 ** (height + 1) <= end && at % 2 ** (height + 1) === 0) height += 1;
    parts.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return parts;
}

/** The root of a run of hashes whose number is a power of two. */
function rootOf(hashes: Buffer): Buffer {
  if (hashes.length === HASH_BYTES) return hashes;
  const middle = hashes.length / 2;
  return hashChildren(rootOf(hashes.subarray(0, middle)), rootOf(hashes.subarray(middle)));
}

/**
 * Proves from stored hashes what the tree of the first `size` leaves of a generation holds. A proof reads a handful of tiles, however large the
 * tree is. The tiles aren't trusted, and needn't be: verify the proof under a root that was signed.
 */
export class TreeProver {
  readonly #source: TileSource;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Buffer>>();

  /** @param size - From 1. @throws RangeError. */
  constructor(source: TileSource, size: number) {
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError("a tree that proves something has a leaf");
    this.#source = source;
    this.#size = size;
  }

  /** That the leaf is in the tree: siblings from the leaf upwards. @param index - From 0. @throws RangeError outside the tree, or where a tile is short. */
  async inclusion(index: number): Promise<readonly Buffer[]> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.#size) throw new RangeError("the index is outside the tree");
    return Promise.all(siblingsOf(index, this.#size).map((leaves) => this.#hash(leaves)));
  }

  /** That the tree of the first `size1` leaves is a prefix. @param size1 - From 1. @throws RangeError outside the tree, or where a tile is short. */
  async consistency(size1: number): Promise<readonly Buffer[]> {
    if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > this.#size) throw new RangeError("the size is outside the tree");
    return Promise.all(prefixParts(size1, this.#size).map((leaves) => this.#hash(leaves)));
  }

  /** The leaf's own hash, as it is stored. @throws RangeError as {@link TreeProver.inclusion}. */
  leaf(index: number): Promise<Buffer> {
    return this.#perfect(0, index);
  }

  /** The root of the tree, as the tiles have it. */
  root(): Promise<Buffer> {
    return this.#hash([0, this.#size]);
  }

  async #hash(leaves: Leaves): Promise<Buffer> {
    const [last, ...rest] = (await Promise.all(perfectParts(leaves).map(({ height, index }) => this.#perfect(height, index)))).reverse();
    if (last === undefined) throw new RangeError("a range of leaves is empty");
    return rest.reduce((right, left) => hashChildren(left, right), last);
  }

  async #perfect(height: number, index: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_HEIGHT);
    const width = 2 ** (height - level * TILE_HEIGHT);
    const tileIndex = Math.floor((index * width) / TILE_WIDTH);
    const from = (index * width - tileIndex * TILE_WIDTH) * HASH_BYTES;
    const tile = await this.#tile(level, tileIndex);
    if (tile.length < from + width * HASH_BYTES) throw new RangeError("a tile is shorter than the tree needs");
    return rootOf(tile.subarray(from, from + width * HASH_BYTES));
  }

  #tile(level: number, index: number): Promise<Buffer> {
    const key = `${level}/${index}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    const tile = this.#source(level, index, this.#size);
    this.#tiles.set(key, tile);
    return tile;
  }
}
