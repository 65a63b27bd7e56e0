import { type Browser } from "playwright-core";
import type postgres from "postgres";
import { launchBrowser, noBrowser } from "./browser.ts";
import { ConsolePerson, foundingLinks } from "./console-person.ts";
import { Product } from "./product.ts";

/** The pages whose speed must not hang on how much there is, and what shows that they are there. */
const MEASURED = { "/overview": [".chains tbody tr", ".chart-frame"], "/crossings": [".crossing-link"] } as const;
export type Measured = keyof typeof MEASURED;
const PAGES = Object.keys(MEASURED) as Measured[];
/** How long after it stood there a page is watched for what still moves. */
const STILL_MS = 500;

/** One page over one number of crossings. */
export interface PageTimes {
  readonly path: Measured;
  /** How many crossings the search held, at least. */
  readonly crossings: number;
  /** Of each round: how long the page took until what it is for stood there. */
  readonly ms: readonly number[];
  /** The largest cumulative layout shift of a round, as the browser reports it (Layout Instability API). */
  readonly shift: number;
  /** The fewest rows of a round that were shown then. */
  readonly rows: number;
}

/**
 * Fills the search up to so many crossings, as the indexer writes them, of twenty principals and a handful of acts over the last week. They
 * are rows of the search alone: the trail isn't touched.
 */
async function fillSearch(owner: postgres.Sql, crossings: number): Promise<void> {
  const [counted] = await owner<{ have: number }[]>`SELECT count(*)::integer AS have FROM audit.search`;
  const indexes = await owner<
    { name: string; made: string }[]
  >`SELECT indexname AS name, indexdef AS made FROM pg_indexes WHERE schemaname = 'audit' AND tablename = 'search' AND indexname <> 'search_pkey'`;
  for (const { name } of indexes) await owner.unsafe(`DROP INDEX audit.${name}`);
  await owner`
    INSERT INTO audit.search (chain, generation, seq, at_ms, principal, role, workload, action, resource, site, decision, reason, request_id)
    SELECT 'system', 1, 10000000 + n, (extract(epoch FROM now()) * 1000)::bigint - ((n * 7919) % 604800) * 1000 - 60000,
           'svc_made_' || n % 20, 'clinical_reviewer', 'spiffe://made/service/' || n % 20,
           (ARRAY['subject.list', 'subject.read', 'phi.read', 'packet.upload', 'trail.read'])[1 + n % 5], 'ref:' || md5((n % 500)::text), '-',
           CASE WHEN n % 13 = 0 THEN 'deny' ELSE 'allow' END, CASE WHEN n % 13 = 0 THEN 'policy.denied' ELSE 'allowed' END, 'req_' || lpad(n::text, 26, '0')
      FROM generate_series(${counted?.have ?? 0}::bigint, ${crossings}::bigint - 1) AS n`;
  for (const { made } of indexes) await owner.unsafe(made);
  await owner`
    INSERT INTO audit.search_counts (span_s, start_ms, chain, decision, reason, n)
    SELECT span, at_ms / (span * 1000) * (span * 1000), chain, decision, reason, count(*) FROM audit.search, (VALUES (60), (3600), (21600)) AS spans (span)
     GROUP BY 1, 2, 3, 4, 5 ON CONFLICT (span_s, start_ms, chain, decision, reason) DO UPDATE SET n = excluded.n`;
  await owner.unsafe("VACUUM ANALYZE audit.search");
  await owner.unsafe("VACUUM ANALYZE audit.search_counts");
}

/** An administrator, signed in at a deployment of its own whose search holds so many crossings. */
async function readerOf(product: Product, browser: Browser, crossings: number): Promise<ConsolePerson> {
  const [alma, boris] = [await ConsolePerson.open(browser, product.console), await ConsolePerson.open(browser, product.console)];
  const [first = "", second = ""] = foundingLinks(product.host.stdout);
  await alma.enrolWithPasskey(first, { username: "alma", printedName: "Alma Reyes" });
  await boris.enrolWithPasskey(second, { username: "boris", printedName: "Boris Lind" });
  await boris.close();
  await product.withOwner(async (owner) => await fillSearch(owner, crossings));
  await alma.signInWithPasskey();
  return alma;
}

/** Opens a page anew and waits until it shows what it is for. */
async function look({ page, console: url }: ConsolePerson, path: Measured): Promise<{ readonly ms: number; readonly shift: number; readonly rows: number }> {
  await page.goto("about:blank");
  const from = performance.now();
  await page.goto(url + path, { waitUntil: "commit" });
  for (const shown of MEASURED[path]) await page.locator(shown).first().waitFor();
  const ms = performance.now() - from;
  const shift = await page.evaluate(
    async (stillMs) =>
      await new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as readonly { readonly value: number; readonly hadRecentInput: boolean }[])
            if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), stillMs);
      }),
    STILL_MS,
  );
  return { ms, shift, rows: await page.locator(MEASURED[path][0]).count() };
}

/**
 * Opens each measured page over each of these numbers of crossings, once in every round, in an order that moves on by one: whatever slows
 * the machine down slows them all. One look at each goes before and counts for nothing.
 * @throws Error where there is no browser for this machine.
 */
export async function measurePages(sizes: readonly number[], rounds: number): Promise<readonly PageTimes[]> {
  if (noBrowser !== null) throw new Error(noBrowser);
  const products: Product[] = [];
  const browser = await launchBrowser();
  try {
    const sides: { readonly path: Measured; readonly crossings: number; readonly reader: ConsolePerson; readonly looks: Awaited<ReturnType<typeof look>>[] }[] = [];
    for (const crossings of sizes) {
      const product = await Product.start();
      products.push(product);
      const reader = await readerOf(product, browser, crossings);
      for (const path of PAGES) {
        await look(reader, path);
        sides.push({ path, crossings, reader, looks: [] });
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < sides.length; at++) {
        const side = sides[(at + round) % sides.length];
        side?.looks.push(await look(side.reader, side.path));
      }
    }
    return sides.map(({ path, crossings, looks }) => ({
      path,
      crossings,
      ms: looks.map(({ ms }) => ms),
      shift: Math.max(...looks.map(({ shift }) => shift)),
      rows: Math.min(...looks.map(({ rows }) => rows)),
    }));
  } finally {
    await browser.close();
    for (const product of products) await product.remove();
  }
}

/** The middle value. */
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
