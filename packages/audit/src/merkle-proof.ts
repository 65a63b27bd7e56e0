import { emptyRoot, hashChildren } from "./tree-hash.ts";

/** The largest power of two below `size` (size ≥ 2): where RFC 6962 §2.1 parts a tree. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The root of these leaves' hashes (RFC 6962 §2.1). Holds them all: for long logs use `CompactRange`. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return emptyRoot();
  if (leaves.length === 1) return only;
  const split = splitPoint(leaves.length);
  return hashChildren(merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/**
 * Proves that a leaf is in the tree of these leaves (RFC 6962 §2.1.1): siblings from the leaf upwards.
 *
 * @param index - From 0; throws RangeError outside the tree.
 */
export function inclusionProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length) throw new RangeError("the index is outside the tree");
  if (leaves.length === 1) return [];
  const split = splitPoint(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split ? [...inclusionProof(left, index), merkleRoot(right)] : [...inclusionProof(right, index - split), merkleRoot(left)];
}

function subproof(leaves: readonly Buffer[], size: number, isWhole: boolean): Buffer[] {
  if (size === leaves.length) return isWhole ? [] : [merkleRoot(leaves)];
  const split = splitPoint(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return size <= split ? [...subproof(left, size, isWhole), merkleRoot(right)] : [...subproof(right, size - split, false), merkleRoot(left)];
}

/**
 * Proves that the tree of the first `size` leaves is a prefix of the tree of them all (RFC 6962 §2.1.2).
 *
 * @param size - From 1; throws RangeError outside the tree.
 */
export function consistencyProof(leaves: readonly Buffer[], size: number): Buffer[] {
  if (!Number.isSafeInteger(size) || size < 1 || size > leaves.length) throw new RangeError("the size is outside the tree");
  return subproof(leaves, size, true);
}
