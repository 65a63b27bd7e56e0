import { type Browser } from "playwright-core";
import type postgres from "postgres";
import { launchBrowser, noBrowser } from "./browser.ts";
import type { ConsolePerson } from "./console-person.ts";
import { type Crowd, CROWD_PAGES, gather, type Gathered } from "./crowd.ts";
import { passkeyFounders } from "./founders.ts";
import { Product } from "./product.ts";

/** The pages whose speed must not hang on how many crossings there are, and what shows that they are there. */
const CROSSING_PAGES: Readonly<Record<string, readonly string[]>> = { "/overview": [".chains tbody tr", ".chart-frame"], "/crossings": [".crossing-link"] };
export const MEASURED: Readonly<Record<string, readonly string[]>> = { ...CROSSING_PAGES, ...CROWD_PAGES };
/** How long after it stood there a page is watched for what still moves. */
const STILL_MS = 500;

/** How much there is in a deployment, at least. */
export interface Size extends Crowd {
  readonly crossings: number;
}

/** One page over one size of deployment. */
export interface PageTimes {
  readonly path: string;
  readonly size: Size;
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

/** An administrator, signed in at a deployment of its own that has so much in it; and what waits there. */
async function readerOf(product: Product, browser: Browser, size: Size): Promise<{ readonly reader: ConsolePerson; readonly gathered: Gathered }> {
  const founders = await passkeyFounders(browser, product);
  const gathered = await gather(product, founders, size);
  await founders.boris.close();
  await product.withOwner(async (owner) => await fillSearch(owner, size.crossings));
  return { reader: founders.alma, gathered };
}

/** Opens a page anew, waits until it shows what it is for, and watches what of it moves then. */
async function look(
  { page, console: url }: ConsolePerson,
  address: string,
  shows: readonly string[],
  stillMs: number,
): Promise<{ readonly ms: number; readonly shift: number; readonly rows: number }> {
  await page.goto("about:blank");
  const from = performance.now();
  await page.goto(url + address, { waitUntil: "commit" });
  for (const shown of shows) await page.locator(shown).first().waitFor();
  const ms = performance.now() - from;
  const shift = await page.evaluate(
    async (watchedMs) =>
      await new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as readonly { readonly value: number; readonly hadRecentInput: boolean }[])
            if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), watchedMs);
      }),
    stillMs,
  );
  return { ms, shift, rows: await page.locator(shows[0] ?? "body").count() };
}

interface Side {
  readonly path: string;
  readonly address: string;
  readonly size: Size;
  readonly reader: ConsolePerson;
  readonly looks: Awaited<ReturnType<typeof look>>[];
}

/** How often a page is looked at again that took long: a machine that is busy with something else is so for a while. */
const LOOKS_MORE = 4;

/** Looks again at both sides of the pages whose fastest look over much took so many times as long as the one over little, until none does. */
async function lookAgain(sides: readonly Side[], slower: number, lookAt: (side: Side) => Promise<void>): Promise<void> {
  const fastest = ({ looks }: Side): number => Math.min(...looks.map(({ ms }) => ms));
  for (let more = 0; more < LOOKS_MORE; more++) {
    for (const path of new Set(sides.map((side) => side.path))) {
      const [few, ...others] = sides.filter((side) => side.path === path);
      if (few === undefined || others.every((many) => fastest(many) < slower * fastest(few))) continue;
      for (const side of [few, ...others]) await lookAt(side);
    }
  }
}

/**
 * Opens each measured page over each of these sizes, once in every round, in an order that moves on by one: whatever slows the machine down
 * slows them all. One look at each goes before and counts for nothing. Those that take `slower` times as long over the larger size are looked at again.
 * @throws Error where there is no browser for this machine.
 */
export async function measurePages(sizes: readonly Size[], rounds: number, slower: number): Promise<readonly PageTimes[]> {
  if (noBrowser !== null) throw new Error(noBrowser);
  const products: Product[] = [];
  const browser = await launchBrowser();
  try {
    const made: { readonly size: Size; readonly reader: ConsolePerson; readonly gathered: Gathered }[] = [];
    for (const size of sizes) {
      const product = await Product.start();
      products.push(product);
      made.push({ size, ...(await readerOf(product, browser, size)) });
    }
    // The sizes of one page stand beside each other: what slows the machine down for a while slows both.
    const sides = Object.keys(MEASURED).flatMap((path) =>
      made.map(
        ({ size, reader, gathered }): Side => ({ path, address: path.replace(":proposal", gathered.proposal).replace(":review", gathered.review), size, reader, looks: [] }),
      ),
    );
    const shows = ({ path }: Side): readonly string[] => MEASURED[path] ?? [];
    const lookAt = async (side: Side): Promise<void> => void side.looks.push(await look(side.reader, side.address, shows(side), STILL_MS));
    for (const side of sides) await look(side.reader, side.address, shows(side), 0);
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < sides.length; at++) {
        const side = sides[(at + round) % sides.length];
        if (side !== undefined) await lookAt(side);
      }
    }
    await lookAgain(sides, slower, lookAt);
    return sides.map(({ path, size, looks }) => ({
      path,
      size,
      ms: looks.map(({ ms }) => ms),
      shift: Math.max(...looks.map(({ shift }) => shift)),
      rows: Math.min(...looks.map(({ rows }) => rows)),
    }));
  } finally {
    await browser.close();
    for (const product of products) await product.remove();
  }
}
