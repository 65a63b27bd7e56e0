import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyContext, StoredKey } from "@sallyport/custody";
import type { DataKeys, KeyRing } from "@sallyport/custody/keys";
import { connectDatabase, migrate, provisionRoles, type RewrapStore, rewrapStore } from "@sallyport/db";
import { startPostgres } from "@sallyport/embedded-postgres";
import postgres from "postgres";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { MemoryKeys, memoryDataKeys } from "./memory-keys.ts";

const KEYS = 100_000;
const ROUNDS = 5;
const BATCH = 256;
/** So many one by one: enough to know what one costs. */
const SINGLE = 500;
const NODE = "node_bench";

const contextOf = (n: number): KeyContext => ({ purpose: "subject", id: `sub_${String(n).padStart(26, "0")}`, study: "S", site: "1" });

/** The custodian's part, and the two keys between which data keys go back and forth. */
class Bench {
  readonly #keys: MemoryKeys;
  readonly dataKeys: DataKeys;
  #at = 0;

  private constructor(keys: MemoryKeys, dataKeys: DataKeys) {
    this.#keys = keys;
    this.dataKeys = dataKeys;
  }

  static async found(): Promise<Bench> {
    const keys = new MemoryKeys();
    return new Bench(keys, await memoryDataKeys(keys, 2));
  }

  /** Puts the other key in use. */
  turn(): { readonly from: string; readonly to: string } {
    const ring = this.#keys.get("keyring", "kek") as KeyRing;
    this.#at = 1 - this.#at;
    this.#keys.put("keyring", "kek", { ...ring, keys: ring.keys.map((key, n) => ({ ...key, state: n === this.#at ? "active" : "retiring" })) });
    return { from: `kek-${2 - this.#at}`, to: `kek-${this.#at + 1}` };
  }

  async rewrap(items: readonly StoredKey[]): Promise<readonly string[]> {
    return (await this.dataKeys.rewrap(items)).map((answer) => ("wrapped" in answer ? answer.wrapped : ""));
  }
}

/** Moves up to `most` keys, so many at once, as the job does, without its rests; answers how many a second. */
async function moved(bench: Bench, store: RewrapStore, { batch, most }: { readonly batch: number; readonly most: number }): Promise<number> {
  const job = bench.turn();
  const startMs = performance.now();
  let [after, count] = ["", 0];
  while (count < most) {
    const keys = await store.next(job.from, after, batch);
    const last = keys.at(-1);
    if (last === undefined) break;
    await store.take(job, NODE);
    const anew = await bench.rewrap(keys);
    count += await store.replace(
      job,
      keys.map(({ place, wrapped }, at) => ({ place, was: wrapped, now: anew[at] ?? "" })),
    );
    after = last.place;
  }
  return (count * 1000) / (performance.now() - startMs);
}

/** Wraps a hundred thousand data keys anew: against the cryptography alone, and against one key at a time. */
export async function measureRewrap(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const server = await startPostgres({ dataDir: join(folder, "postgres"), durable: false });
  try {
    const own = new URL(server.url);
    own.pathname = "/rewrap";
    const first = postgres(server.url, { max: 1, onnotice: () => undefined });
    await first.unsafe("CREATE DATABASE rewrap");
    await first.end({ timeout: 2 });
    await migrate(own.href, { deployment: "dbench" });
    const { apiUrl } = await provisionRoles(own.href, randomBytes);
    const bench = await Bench.found();
    const stored = await fill(own.href, bench);
    const database = connectDatabase({ url: apiUrl, max: 2, applicationName: "bench", statementMs: 60_000 });
    const store = rewrapStore(database);
    const measured = await interleave(ROUNDS, {
      batches: () => moved(bench, store, { batch: BATCH, most: KEYS }),
      crypto: async () => {
        // In memory all stays under the first key: wrapped anew under the second, each is opened, wrapped, and opened again.
        const isTurned = bench.turn().to === "kek-2";
        if (!isTurned) bench.turn();
        const startMs = performance.now();
        for (let at = 0; at < stored.length; at += BATCH) await bench.rewrap(stored.slice(at, at + BATCH));
        const perSecond = (stored.length * 1000) / (performance.now() - startMs);
        if (isTurned) bench.turn();
        return perSecond;
      },
      single: async () => {
        const perSecond = await moved(bench, store, { batch: 1, most: SINGLE });
        await moved(bench, store, { batch: BATCH, most: KEYS });
        return perSecond;
      },
    });
    await database.close();
    return [
      figureOf({ name: "rewrap.100,000 data keys", against: "the cryptography alone", goal: null }, measured.batches, measured.crypto),
      figureOf({ name: "rewrap.100,000 data keys", against: "one key at a time", goal: null }, measured.batches, measured.single),
    ];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A subject for each key: rows alone, without all that they would stand on. */
async function fill(ownerUrl: string, bench: Bench): Promise<readonly StoredKey[]> {
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  const stored: StoredKey[] = [];
  await owner`SET session_replication_role = replica`;
  for (let at = 0; at < KEYS; at += 1000) {
    const contexts = Array.from({ length: 1000 }, (_, n) => contextOf(at + n));
    const wrapped = (await bench.dataKeys.wrap(contexts)).map((answer) => ("wrapped" in answer ? (answer.wrapped ?? "") : ""));
    contexts.forEach((context, n) => stored.push({ context, wrapped: wrapped[n] ?? "" }));
    await owner`
      INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped)
      SELECT id, 'S', '1', id, id, wrapped FROM unnest(${contexts.map(({ id }) => id)}::text[], ${wrapped}::text[]) AS t (id, wrapped)`;
  }
  await owner`ANALYZE phi.subjects`;
  await owner.end({ timeout: 2 });
  return stored;
}
