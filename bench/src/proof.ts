import { TreeProver } from "@sallyport/audit";
import { treeStore, type TreeStore } from "@sallyport/db";
import { type Figure, figureOf } from "./figure.ts";
import { CHAINS, SIZES, type Size, withFilledGenerations } from "./filled-generations.ts";
import { interleave } from "./interleave.ts";

const ROUNDS = 7;
const PROOFS = 200;

/** What a proof costs in a generation of three million records against one of ten thousand: goal 0.8, that is, flat but for two tiles more. */
export const measureProof = (): Promise<readonly Figure[]> =>
  withFilledGenerations(false, async (database) => {
    const trees = treeStore(database);
    for (const size of ["few", "many"] as const) {
      const startMs = performance.now();
      await trees.extend(CHAINS[size], 1, SIZES[size]);
      // The machine's own number, and no figure.
      process.stderr.write(`  ${size}: ${Math.round((SIZES[size] * 1000) / (performance.now() - startMs))} records a second into the tree\n`);
    }
    const measured = await interleave(ROUNDS, {
      inclusionFew: () => perSecond(trees, "few", (prover, at) => prover.inclusion(at)),
      inclusionMany: () => perSecond(trees, "many", (prover, at) => prover.inclusion(at)),
      consistencyFew: () => perSecond(trees, "few", (prover, at) => prover.consistency(at + 1)),
      consistencyMany: () => perSecond(trees, "many", (prover, at) => prover.consistency(at + 1)),
    });
    const against = "the same over ten thousand records";
    return [
      figureOf({ name: "proof.inclusion, 3 million", against, goal: 0.8 }, measured.inclusionMany, measured.inclusionFew),
      figureOf({ name: "proof.consistency, 3 million", against, goal: 0.8 }, measured.consistencyMany, measured.consistencyFew),
    ];
  });

/** Proofs a second, each with nothing kept from the one before, at places all over the tree. */
async function perSecond(trees: TreeStore, size: Size, prove: (prover: TreeProver, at: number) => Promise<readonly Buffer[]>): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; n < PROOFS; n += 1) await prove(new TreeProver(trees.tiles(CHAINS[size], 1), SIZES[size]), Math.floor((SIZES[size] * (n * 0.618_033_988_7)) % SIZES[size]));
  return (PROOFS * 1000) / (performance.now() - startMs);
}
