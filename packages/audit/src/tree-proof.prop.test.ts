import { sha256 } from "@sallyport/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CompactRange, consistencyProof, inclusionProof, merkleRoot, TILE_WIDTH, type TileSource, TreeProver, verifyConsistency, verifyInclusion } from "./index.ts";

const leavesOf = (size: number): Buffer[] => Array.from({ length: size }, (_, index) => sha256(`leaf ${index}`));
const hex = (hashes: readonly Buffer[]): readonly string[] => hashes.map((hash) => hash.toString("hex"));

/** Tiles as a store has them: each level's hashes are made from the level below. */
function tilesOf(leaves: readonly Buffer[]): TileSource & { read: number } {
  const levels: (readonly Buffer[])[] = [leaves];
  for (let below = leaves; below.length >= TILE_WIDTH; ) {
    const complete = Math.floor(below.length / TILE_WIDTH);
    below = Array.from({ length: complete }, (_, at) => merkleRoot(below.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH)));
    levels.push(below);
  }
  const source = async (level: number, index: number, size: number): Promise<Buffer> => {
    source.read += 1;
    const count = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
    return Buffer.concat((levels[level] ?? []).slice(index * TILE_WIDTH, index * TILE_WIDTH + count));
  };
  source.read = 0;
  return source;
}

test("proofs from tiles are the proofs from all leaves", async () => {
  const leaves = leavesOf(1100);
  const tiles = tilesOf(leaves);
  const aSize = fc.oneof(fc.integer({ min: 1, max: 1100 }), fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 768, 1024, 1025));
  await fc.assert(
    fc.asyncProperty(aSize, fc.nat(), fc.nat(), async (size, at, before) => {
      const [index, size1] = [at % size, 1 + (before % size)];
      const prover = new TreeProver(tiles, size);
      const known = leaves.slice(0, size);
      expect(hex(await prover.inclusion(index))).toEqual(hex(inclusionProof(known, index)));
      expect(hex(await prover.consistency(size1))).toEqual(hex(consistencyProof(known, size1)));
      expect((await prover.root()).equals(merkleRoot(known))).toBe(true);
      expect((await prover.leaf(index)).equals(leaves[index] as Buffer)).toBe(true);
    }),
  );
});

test("a proof in a tree of 70,000 leaves verifies, and reads no more than five tiles", async () => {
  const leaves = leavesOf(70_000);
  const range = new CompactRange();
  let root1 = Buffer.alloc(0);
  for (const leaf of leaves) {
    range.append(leaf);
    if (range.size === 65_793) root1 = range.root();
  }
  const root = range.root();
  const tiles = tilesOf(leaves);
  for (const index of [0, 255, 65_535, 65_536, 69_999]) {
    tiles.read = 0;
    const proof = await new TreeProver(tiles, leaves.length).inclusion(index);
    expect(verifyInclusion({ index, size: leaves.length, leaf: leaves[index] as Buffer, root, proof })).toBe(true);
    expect(tiles.read).toBeLessThanOrEqual(5);
  }
  const proof = await new TreeProver(tiles, leaves.length).consistency(65_793);
  expect(verifyConsistency({ size1: 65_793, size2: leaves.length, root1, root2: root, proof })).toBe(true);
});

test("what is outside the tree isn't proven, nor what a tile doesn't reach", async () => {
  const prover = new TreeProver(tilesOf(leavesOf(3)), 3);
  for (const index of [-1, 3, 0.5]) await expect(prover.inclusion(index)).rejects.toThrow(RangeError);
  for (const size of [0, 4]) await expect(prover.consistency(size)).rejects.toThrow(RangeError);
  expect(() => new TreeProver(tilesOf([]), 0)).toThrow(RangeError);
  await expect(new TreeProver(tilesOf(leavesOf(3)), 4).inclusion(0)).rejects.toThrow(RangeError);
});
