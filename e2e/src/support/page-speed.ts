import type postgres from "postgres";
import type { ConsolePerson } from "./console-person.ts";

/** How long a page took until what it is for stood there, and how much of it moved meanwhile. */
export interface PageLook {
  readonly ms: number;
  /** Cumulative layout shift, as the browser reports it (Layout Instability API). */
  readonly shift: number;
}

/** The pages whose speed must not hang on how much there is, and what shows that they are there. */
export const MEASURED = { "/overview": ".chain-table tbody tr, .chains tbody tr, .chains li", "/crossings": '[role="row"][aria-rowindex="2"], .crossing-row' } as const;
export type Measured = keyof typeof MEASURED;

/**
 * Fills the search up to so many crossings, as the indexer writes them, of twenty principals and a dozen acts over the last week. They are
 * rows of the search alone: the trail isn't touched.
 */
export async function fillSearch(owner: postgres.Sql, rows: number): Promise<void> {
  const [counted] = await owner<{ have: number }[]>`SELECT count(*)::integer AS have FROM audit.search`;
  await owner`
    INSERT INTO audit.search (chain, generation, seq, at_ms, principal, role, workload, action, resource, site, decision, reason, request_id)
    SELECT 'system', 1, 10000000 + n, (extract(epoch FROM now()) * 1000)::bigint - ((n * 7919) % 604800) * 1000 - 60000,
           'svc_made_' || n % 20, 'clinical_reviewer', 'spiffe://made/service/' || n % 20,
           (ARRAY['subject.list', 'subject.read', 'phi.read', 'packet.upload', 'trail.read'])[1 + n % 5], 'ref:' || md5((n % 500)::text), '-',
           CASE WHEN n % 13 = 0 THEN 'deny' ELSE 'allow' END, CASE WHEN n % 13 = 0 THEN 'policy.denied' ELSE 'allowed' END, 'req_' || lpad(n::text, 26, '0')
      FROM generate_series(${counted?.have ?? 0}::bigint, ${rows}::bigint - 1) AS n`;
  await owner`
    INSERT INTO audit.search_counts (span_s, start_ms, chain, decision, reason, n)
    SELECT span, at_ms / (span * 1000) * (span * 1000), chain, decision, reason, count(*) FROM audit.search, (VALUES (60), (3600)) AS spans (span)
     GROUP BY 1, 2, 3, 4, 5 ON CONFLICT (span_s, start_ms, chain, decision, reason) DO UPDATE SET n = excluded.n`;
  await owner.unsafe("ANALYZE audit.search; ANALYZE audit.search_counts");
}

/** Opens a page anew and waits until it shows what it is for. */
export async function look(person: ConsolePerson, path: Measured): Promise<PageLook> {
  const { page } = person;
  await page.goto("about:blank");
  const from = performance.now();
  await page.goto(person.console + path, { waitUntil: "commit" });
  await page.locator(MEASURED[path]).first().waitFor();
  const ms = performance.now() - from;
  const shift = await page.evaluate(
    async () =>
      await new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as readonly { readonly value: number; readonly hadRecentInput: boolean }[])
            if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 500);
      }),
  );
  return { ms, shift };
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
