import { sha256 } from "@sallyport/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CompactRange, consistencyProof, inclusionProof, merkleRoot, verifyConsistency, verifyInclusion } from "./index.ts";

const leavesOf = (size: number): Buffer[] => Array.from({ length: size }, (_, index) => sha256(`leaf ${index}`));
const aSize = fc.integer({ min: 1, max: 70 });

test("a compact range has the tree's root at every size, also after being stored", () => {
  const leaves = leavesOf(130);
  let range = new CompactRange();
  for (let size = 0; size <= leaves.length; size += 1) {
    expect([size, range.size, range.root().toString("hex")]).toEqual([size, size, merkleRoot(leaves.slice(0, size)).toString("hex")]);
    range = CompactRange.from(JSON.parse(JSON.stringify(range)) as ReturnType<CompactRange["toJSON"]>);
    const leaf = leaves[size];
    if (leaf !== undefined) range.append(leaf);
  }
});

test("a compact range that can't be one is refused", () => {
  const hash = "0".repeat(64);
  for (const state of [
    { size: 1, hashes: [] },
    { size: 2, hashes: [hash, hash] },
    { size: -1, hashes: [] },
    { size: 0.5, hashes: [] },
    { size: 1, hashes: ["x"] },
  ]) {
    expect(() => CompactRange.from(state)).toThrow(RangeError);
  }
  expect(() => new CompactRange().append(Buffer.alloc(31))).toThrow(RangeError);
});

test("every inclusion proof verifies, and for no other index, size, leaf or root", () => {
  fc.assert(
    fc.property(aSize, fc.nat(), fc.nat(), (size, at, other) => {
      const leaves = leavesOf(size);
      const index = at % size;
      const claim = { index, size, leaf: leaves[index] as Buffer, root: merkleRoot(leaves), proof: inclusionProof(leaves, index) };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, index: (index + 1 + (other % 80)) % 2 ** 20 })).toBe(false);
      expect(verifyInclusion({ ...claim, leaf: sha256("other") })).toBe(false);
      expect(verifyInclusion({ ...claim, root: sha256("other") })).toBe(false);
      expect(verifyInclusion({ ...claim, proof: [...claim.proof, sha256("other")] })).toBe(false);
      if (claim.proof.length > 0) expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
    }),
  );
});

test("every consistency proof verifies, and for no other sizes or roots", () => {
  fc.assert(
    fc.property(aSize, fc.nat(), (size2, at) => {
      const leaves = leavesOf(size2);
      const size1 = 1 + (at % size2);
      const claim = { size1, size2, root1: merkleRoot(leaves.slice(0, size1)), root2: merkleRoot(leaves), proof: consistencyProof(leaves, size1) };
      expect(verifyConsistency(claim)).toBe(true);
      expect(verifyConsistency({ ...claim, root1: sha256("other") })).toBe(false);
      expect(verifyConsistency({ ...claim, root2: sha256("other") })).toBe(false);
      expect(verifyConsistency({ ...claim, size1: size1 + 1 })).toBe(false);
      expect(verifyConsistency({ ...claim, proof: [...claim.proof, sha256("other")] })).toBe(false);
    }),
  );
});

test("a proof of what is outside the tree isn't made", () => {
  for (const index of [-1, 3, 0.5]) expect(() => inclusionProof(leavesOf(3), index)).toThrow(RangeError);
  for (const size of [0, 4]) expect(() => consistencyProof(leavesOf(3), size)).toThrow(RangeError);
});
