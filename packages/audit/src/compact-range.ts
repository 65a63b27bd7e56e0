import { hashChildren, isHash, emptyRoot } from "./tree-hash.ts";

/** A compact range as stored: JSON, hashes in lower-case hex, largest subtree first. */
export interface CompactRangeState {
  readonly size: number;
  readonly hashes: readonly string[];
}

/** How many perfect subtrees a tree of this size has: its one bits. Sizes pass 2^32, so no bit operators. */
function subtreeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/**
 * The right edge of an RFC 6962 tree: the roots of its perfect subtrees, largest first. It is all that appending and computing the
 * root need, so whoever keeps it reads only what is new.
 */
export class CompactRange {
  #size = 0;
  readonly #hashes: Buffer[] = [];

  /** Continues from what {@link CompactRange.toJSON} gave; throws RangeError where the hashes don't fit the size. */
  static from(state: CompactRangeState): CompactRange {
    const range = new CompactRange();
    if (!Number.isSafeInteger(state.size) || state.size < 0) throw new RangeError("a tree's size is a non-negative safe integer");
    if (state.hashes.length !== subtreeCount(state.size)) throw new RangeError("a compact range has one hash for each one bit of its size");
    for (const hex of state.hashes) {
      if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError("a subtree's hash is 64 lower-case hexadecimal digits");
      range.#hashes.push(Buffer.from(hex, "hex"));
    }
    range.#size = state.size;
    return range;
  }

  /** Leaves appended so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends a leaf's hash (32 bytes, from `leafHash`). */
  append(leaf: Buffer): void {
    if (!isHash(leaf)) throw new RangeError("a leaf's hash has 32 bytes");
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#hashes.pop();
      if (left === undefined) throw new RangeError("a compact range has one hash for each one bit of its size");
      node = hashChildren(left, node);
    }
    this.#hashes.push(node);
    this.#size += 1;
  }

  /** The root of the tree of all leaves so far; SHA-256 of nothing for none (RFC 6962 §2.1). */
  root(): Buffer {
    const root = this.#hashes.reduceRight<Buffer | null>((right, left) => (right === null ? left : hashChildren(left, right)), null);
    return root ?? emptyRoot();
  }

  toJSON(): CompactRangeState {
    return { size: this.#size, hashes: this.#hashes.map((hash) => hash.toString("hex")) };
  }
}
