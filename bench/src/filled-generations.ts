import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectDatabase, type Database, migrate } from "@sallyport/db";
import { startPostgres } from "@sallyport/embedded-postgres";
import postgres from "postgres";

/**
 * A generation of few records and one of many. Neither is a power of two, so every level of their trees has an edge, and both end in a tile of 192
 * leaves: what is hashed at the edge is the same, so what is left is how the tree grew.
 */
export const SIZES = { few: 10_176, many: 3_000_000 } as const;
export type Size = keyof typeof SIZES;
export const CHAINS: Readonly<Record<Size, string>> = { few: "system", many: "site:BENCH/1" };

/** Rows of the length of real records, and the head behind the last; neither a proof nor an append asks what is in them. */
const fill = (chain: string, records: number): string => `
  INSERT INTO audit.generations (chain, generation) VALUES ('${chain}', 1);
  INSERT INTO audit.records (chain, generation, seq, prev_mac, mac, body)
  SELECT '${chain}', 1, i, sha256(('p' || i)::bytea), sha256(('m' || i)::bytea), '{"action":"subject.list","chain":"${chain}","detail":"' || repeat('x', 380) || i || '","policy":"v1:0123456789abcdef"}'
    FROM generate_series(1, ${records}) AS i;
  INSERT INTO audit.heads (chain, generation, seq, mac) VALUES ('${chain}', 1, ${records}, sha256(('m${records}')::bytea));
  VACUUM ANALYZE audit.records`;

/** Runs `measure` over a database of its own with both generations. */
export async function withFilledGenerations<T>(isDurable: boolean, measure: (database: Database) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const server = await startPostgres({ dataDir: join(folder, "postgres"), durable: isDurable });
  const own = new URL(server.url);
  own.pathname = "/generations";
  try {
    const first = postgres(server.url, { max: 1, onnotice: () => undefined });
    await first.unsafe("CREATE DATABASE generations");
    await first.end({ timeout: 2 });
    await migrate(own.href, { deployment: "dbench" });
    const owner = postgres(own.href, { max: 1, onnotice: () => undefined });
    for (const size of ["few", "many"] as const) for (const statement of fill(CHAINS[size], SIZES[size]).split(";\n")) await owner.unsafe(statement);
    await owner.end({ timeout: 2 });
    const database = connectDatabase({ url: own.href, max: 8, applicationName: "bench", statementMs: 60_000 });
    try {
      return await measure(database);
    } finally {
      await database.close();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
