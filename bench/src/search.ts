import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@sallyport/embedded-postgres";
import type postgres from "postgres";
import { type Figure, figureOf } from "./figure.ts";
import { GRANTED, NEWEST_MS, searchable } from "./search-sample.ts";

const FEW = 1000;
const MANY = 1_000_000;
const ROUNDS = 7;
const SEARCHES = 6;
/** A search of a million records takes three times as long as one of a thousand at most. */
const GOAL = 0.333;
const HOUR_MS = 3_600_000;

/** Every filter that a search has, each as somebody would use it. */
const FILTERS: Readonly<Record<string, object>> = {
  none: {},
  principal: { principal: "prn_7" },
  workload: { workload: "spiffe://bench.sallyport/zone/edge/console" },
  action: { action: "subject.list" },
  resource: { resource: "ref:v1:c" },
  chain: { chains: ["site:PILOT/703"] },
  outcome: { outcome: ["deny", "error"] },
  reason: { reason: "policy.denied:other_site" },
  request: { requestId: "req_b8c37e33defde51cf91e1e03e51657da" },
  from: { fromMs: NEWEST_MS - HOUR_MS },
  until: { untilMs: NEWEST_MS - 60_000 },
};

/** The first page of a search and its total, at the same time, as the api asks for them; in milliseconds. */
async function search(sql: postgres.Sql, filter: object): Promise<number> {
  const asked = JSON.stringify(filter);
  const startMs = performance.now();
  await Promise.all([
    sql`SELECT * FROM audit.search_rows(${GRANTED}, 'trail.read', ${asked}, ${null}, 101, false, false)`,
    sql`SELECT * FROM audit.search_count(${GRANTED}, 'trail.read', ${asked}, 5000, 1000)`,
  ]);
  return performance.now() - startMs;
}

/** What the overview's chart of a week rests on, in milliseconds. */
async function chart(sql: postgres.Sql): Promise<number> {
  const startMs = performance.now();
  await sql`SELECT * FROM audit.search_outcomes(${GRANTED}, 'trail.read', 21600, ${6 * HOUR_MS}, ${NEWEST_MS - 168 * HOUR_MS})`;
  return performance.now() - startMs;
}

/** A search over a million records against the same over a thousand: each filter alone, the slowest of all pairs, and a week's chart. */
export async function measureSearch(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const server = await startPostgres({ dataDir: join(folder, "postgres"), durable: false });
  const open: postgres.Sql[] = [];
  try {
    open.push(...(await searchable(server.url, [FEW, MANY])));
    const [few, many] = open;
    if (few === undefined || many === undefined) throw new Error("no databases to search");
    const measure = async (name: string, work: (sql: postgres.Sql) => Promise<number>): Promise<Figure> => {
      const [onFew, onMany]: [number[], number[]] = [[], []];
      await Promise.all([work(few), work(many)]);
      for (let round = 0; round < ROUNDS; round += 1) {
        onFew.push(await perSecond(() => work(few)));
        onMany.push(await perSecond(() => work(many)));
      }
      return figureOf({ name, against: "the same over a thousand records", goal: GOAL }, onMany, onFew);
    };
    const figures = [];
    for (const [name, filter] of Object.entries(FILTERS)) figures.push(await measure(`search.${name}`, (sql) => search(sql, filter)));
    const pairs: Figure[] = [];
    for (const [one, other] of pairsOf(Object.keys(FILTERS).slice(1))) {
      pairs.push(await measure(`search.${one}+${other}`, (sql) => search(sql, { ...FILTERS[one], ...FILTERS[other] })));
    }
    const slowest = pairs.toSorted((a, b) => a.ratio - b.ratio).slice(0, 5);
    process.stderr.write(`  ${pairs.length} pairs, ${pairs.filter(({ ratio }) => ratio >= GOAL).length} within the goal; the slowest five follow\n`);
    return [...figures, ...slowest, await measure("search.chart of a week", chart)];
  } finally {
    for (const sql of open) await sql.end({ timeout: 2 });
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By the middle one of a few: a search that met something else of the machine's doesn't count. */
async function perSecond(work: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < SEARCHES; n += 1) times.push(await work());
  return 1000 / (times.toSorted((a, b) => a - b)[SEARCHES >> 1] ?? Number.NaN);
}

const pairsOf = (names: readonly string[]): readonly (readonly [string, string])[] => names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other] as const));
