import { emptyRoot, hashChildren, isHash } from "./tree-hash.ts";

/** What {@link verifyInclusion} checks. Hashes have 32 bytes; anything else doesn't verify. */
export interface InclusionClaim {
  /** From 0. */
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly root: Buffer;
  readonly proof: readonly Buffer[];
}

/** What {@link verifyConsistency} checks: that the tree of `size1` leaves is a prefix of that of `size2`. */
export interface ConsistencyClaim {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Buffer;
  readonly root2: Buffer;
  readonly proof: readonly Buffer[];
}

/** What {@link verifySubtreeInclusion} checks: a leaf in the subtree of leaves [start, end). */
export interface SubtreeInclusionClaim {
  /** In the whole tree, from 0. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly leaf: Buffer;
  readonly root: Buffer;
  readonly proof: readonly Buffer[];
}

/** What {@link verifySubtreeConsistency} checks: the subtree of leaves [start, end) in the tree of `size` leaves. */
export interface SubtreeConsistencyClaim {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly subtreeRoot: Buffer;
  readonly root: Buffer;
  readonly proof: readonly Buffer[];
}

/** Sizes pass 2^32, where bit operators stop; doubles halve exactly up to 2^53. */
const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Whether [start, end) is a subtree: not empty, and aligned to the least power of two that holds it. */
function isSubtree(start: number, end: number): boolean {
  if (!isSize(start) || !isSize(end) || start >= end) return false;
  let span = 1;
  while (span < end - start) span *= 2;
  return start % span === 0;
}

/** Whether the proof shows that the leaf is in the tree (RFC 9162 §2.1.3.2, which RFC 6962's proofs satisfy). */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, leaf, root, proof } = claim;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (!isHash(leaf) || !isHash(root) || !proof.every(isHash)) return false;
  let node = leaf;
  let at = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      node = hashChildren(sibling, node);
      while (!isOdd(at)) [at, last] = [half(at), half(last)];
    } else {
      node = hashChildren(node, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && node.equals(root);
}

/** Whether the proof shows that the leaf is in the subtree of leaves [start, end). */
export function verifySubtreeInclusion(claim: SubtreeInclusionClaim): boolean {
  const { index, start, end, leaf, root, proof } = claim;
  if (!isSubtree(start, end)) return false;
  return verifyInclusion({ index: index - start, size: end - start, leaf, root, proof });
}

/**
 * The roots of the subtree of leaves [start, end) and of the tree of `size` leaves that a proof gives together; null where it is none of these sizes. A
 * subtree that is a node of the tree is its own starting point, so its root has to be known: of any other, the proof gives the largest node that both have.
 */
function rootsGivenBy(start: number, end: number, size: number, subtreeRoot: Buffer | null, proof: readonly Buffer[]): { readonly subtree: Buffer; readonly tree: Buffer } | null {
  let [first, second, last] = [start, end - 1, size - 1];
  const shift = (): void => {
    [first, second, last] = [half(first), half(second), half(last)];
  };
  while (first !== second && (second === last || isOdd(second))) shift();
  const isNode = first === second;
  const from = isNode ? subtreeRoot : proof[0];
  if (from === undefined || from === null) return null;
  const rest = isNode ? proof : proof.slice(1);
  let [subtree, tree] = [from, from];
  for (const sibling of rest) {
    if (last === 0) return null;
    if (isOdd(second) || second === last) {
      if (first < second) subtree = hashChildren(sibling, subtree);
      tree = hashChildren(sibling, tree);
      while (!isOdd(second)) shift();
    } else {
      tree = hashChildren(tree, sibling);
    }
    shift();
  }
  return last === 0 ? { subtree, tree } : null;
}

/** Whether the proof shows that the subtree is part of the tree: RFC 9162 §2.1.4.2 with any start. */
export function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): boolean {
  const { start, end, size, subtreeRoot, root, proof } = claim;
  if (!isSize(start) || !isSize(size) || end > size || !proof.every(isHash)) return false;
  // The empty subtree is part of every tree: nothing is shown but its own root.
  if (start === end) return proof.length === 0 && subtreeRoot.equals(emptyRoot());
  if (!isSubtree(start, end)) return false;
  const roots = rootsGivenBy(start, end, size, subtreeRoot, proof);
  return roots !== null && roots.subtree.equals(subtreeRoot) && roots.tree.equals(root);
}

/**
 * Whether the proof shows that the log only grew from `size1` to `size2` (RFC 9162 §2.1.4.2). Equal sizes need equal roots and no
 * proof. From size 0 nothing verifies: every log begins empty, so it would show nothing.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { size1, size2, root1, root2, proof } = claim;
  return size1 !== 0 && verifySubtreeConsistency({ start: 0, end: size1, size: size2, subtreeRoot: root1, root: root2, proof });
}

/**
 * The root of the first `size1` leaves of the tree that has `root2`, as the proof shows it: a tree has one, so it convicts who signed another one for that
 * size. Null where the proof doesn't show any: it gives another tree, or `size1` is a node of the tree, whose hash no proof has in it.
 */
export function prefixRootIn({ size1, size2, root2, proof }: Omit<ConsistencyClaim, "root1">): Buffer | null {
  if (!isSize(size2) || !isSubtree(0, size1) || size1 > size2 || !proof.every(isHash)) return null;
  const roots = rootsGivenBy(0, size1, size2, null, proof);
  return roots?.tree.equals(root2) === true ? roots.subtree : null;
}
