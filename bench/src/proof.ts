import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TreeProver } from "@sallyport/audit";
import { connectDatabase, migrate, treeStore, type TreeStore } from "@sallyport/db";
import { startPostgres } from "@sallyport/embedded-postgres";
import postgres from "postgres";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";

const ROUNDS = 7;
const PROOFS = 200;
/**
 * A generation of few records and one of many. Neither is a power of two, so every level has an edge, and both end in a tile of 192 leaves: what is hashed
 * at the edge is the same, so what is left is how the tree grew.
 */
const SIZES = { few: 10_176, many: 3_000_000 } as const;
type Size = keyof typeof SIZES;
const CHAINS: Readonly<Record<Size, string>> = { few: "system", many: "site:BENCH/1" };

/** Rows of the length of real records; a proof doesn't ask what is in them. */
const fill = (chain: string, records: number): string => `
  INSERT INTO audit.generations (chain, generation) VALUES ('${chain}', 1);
  INSERT INTO audit.records (chain, generation, seq, prev_mac, mac, body)
  SELECT '${chain}', 1, i, sha256(('p' || i)::bytea), sha256(('m' || i)::bytea), '{"action":"subject.list","chain":"${chain}","detail":"' || repeat('x', 380) || i || '","policy":"v1:0123456789abcdef"}'
    FROM generate_series(1, ${records}) AS i;
  VACUUM ANALYZE audit.records`;

/** What a proof costs in a generation of three million records against one of ten thousand: goal 0.8, that is, flat but for two tiles more. */
export async function measureProof(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const server = await startPostgres({ dataDir: join(folder, "postgres"), durable: false });
  const own = new URL(server.url);
  own.pathname = "/proofs";
  try {
    const first = postgres(server.url, { max: 1, onnotice: () => undefined });
    await first.unsafe("CREATE DATABASE proofs");
    await first.end({ timeout: 2 });
    await migrate(own.href, { deployment: "dbench" });
    const owner = postgres(own.href, { max: 1, onnotice: () => undefined });
    for (const size of ["few", "many"] as const) for (const statement of fill(CHAINS[size], SIZES[size]).split(";\n")) await owner.unsafe(statement);
    await owner.end({ timeout: 2 });
    const database = connectDatabase({ url: own.href, max: 8, applicationName: "bench", statementMs: 60_000 });
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
    await database.close();
    const against = "the same over ten thousand records";
    return [
      figureOf({ name: "proof.inclusion, 3 million", against, goal: 0.8 }, measured.inclusionMany, measured.inclusionFew),
      figureOf({ name: "proof.consistency, 3 million", against, goal: 0.8 }, measured.consistencyMany, measured.consistencyFew),
    ];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Proofs a second, each with nothing kept from the one before, at places all over the tree. */
async function perSecond(trees: TreeStore, size: Size, prove: (prover: TreeProver, at: number) => Promise<readonly Buffer[]>): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; n < PROOFS; n += 1) await prove(new TreeProver(trees.tiles(CHAINS[size], 1), SIZES[size]), Math.floor((SIZES[size] * (n * 0.618_033_988_7)) % SIZES[size]));
  return (PROOFS * 1000) / (performance.now() - startMs);
}
