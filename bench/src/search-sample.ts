import { migrate, provisionRoles } from "@sallyport/db";
import postgres from "postgres";

/** The newest record's time; the others go back from it, one every 600 ms: a million in a week. */
export const NEWEST_MS = Date.UTC(2026, 10, 22, 12);
const EVERY_MS = 600;
const SITES = Array.from({ length: 16 }, (_, n) => `PILOT/${700 + n}`);
/** What an auditor over the deployment is granted. */
export const GRANTED = [...SITES, "system"].join("\n");

/** A number below `below`, for each record another, by the record's number and a column's name: no two columns go together. */
const chance = (column: string, below: number): string => `(('x' || substr(md5(i::text || '${column}'), 1, 7))::bit(28)::integer % ${below})`;

/** Fills the search with so many records of a made-up fortnight: forty principals, seventeen chains, most of it let through. */
async function fill(sql: postgres.Sql, records: number): Promise<void> {
  // The indexes are made anew at the end, which is what makes a million rows a matter of a minute.
  const indexes = await sql<
    { name: string; made: string }[]
  >`SELECT indexname AS name, indexdef AS made FROM pg_indexes WHERE schemaname = 'audit' AND tablename = 'search' AND indexname LIKE 'search\\_%' AND indexname <> 'search_pkey'`;
  for (const { name } of indexes) await sql.unsafe(`DROP INDEX audit.${name}`);
  await sql.unsafe(`
    INSERT INTO audit.search (chain, generation, seq, at_ms, principal, role, workload, action, resource, site, decision, reason, request_id)
    SELECT CASE WHEN ${chance("c", 5)} = 0 OR decision <> 'allow' THEN 'system' ELSE 'site:PILOT/' || (700 + ${chance("s", 16)}) END, 1, i, ${NEWEST_MS} - (${records} - i)::bigint * ${EVERY_MS},
           'prn_' || ${chance("p", 40)}, 'clinical_reviewer',
           CASE WHEN ${chance("w", 10)} < 6 THEN 'spiffe://bench.sallyport/zone/edge/console' ELSE 'spiffe://bench.sallyport/service/s' || ${chance("v", 8)} END,
           (ARRAY['subject.read', 'subject.read', 'subject.read', 'subject.read', 'phi.read', 'subject.list', 'subject.list', 'packet.upload', 'trail.read', 'access.read', 'study.read', 'packet.release'])[1 + ${chance("a", 12)}],
           CASE WHEN ${chance("r", 3)} = 0 THEN 'subject' ELSE 'ref:v1:' || md5(${chance("t", 5000)}::text) END, '-', decision,
           CASE decision WHEN 'allow' THEN 'allowed' WHEN 'deny' THEN 'policy.denied:' || (ARRAY['other_site', 'no_rule', 'not_in_scope'])[1 + ${chance("d", 3)}] ELSE 'internal' END,
           'req_' || md5(i::text)
      FROM (SELECT i, CASE WHEN ${chance("o", 100)} < 4 THEN 'deny' WHEN ${chance("o", 100)} = 4 THEN 'error' ELSE 'allow' END AS decision FROM generate_series(1, ${records}) AS i) AS n`);
  for (const { made } of indexes) await sql.unsafe(made);
  await sql.unsafe(`INSERT INTO audit.search_counts (span_s, start_ms, chain, decision, reason, n)
    SELECT w.s, at_ms - at_ms % (w.s * 1000), chain, decision, reason, count(*) FROM audit.search, (VALUES (60), (3600), (21600)) AS w (s) GROUP BY 1, 2, 3, 4, 5`);
  // What autovacuum does for a table that grows.
  await sql.unsafe("VACUUM ANALYZE audit.search");
  await sql.unsafe("VACUUM ANALYZE audit.search_counts");
}

/** A database for each of these numbers of searchable records, as the api's role reaches it, in their order. */
export async function searchable(serverUrl: string, sizes: readonly number[]): Promise<readonly postgres.Sql[]> {
  const urls: URL[] = [];
  for (const records of sizes) {
    const server = postgres(serverUrl, { max: 1, onnotice: () => undefined });
    await server.unsafe(`CREATE DATABASE of_${records}`);
    await server.end({ timeout: 2 });
    const own = new URL(serverUrl);
    own.pathname = `/of_${records}`;
    await migrate(own.href, { deployment: "dbench" });
    const owner = postgres(own.href, { max: 1, onnotice: () => undefined });
    await fill(owner, records);
    await owner.end({ timeout: 2 });
    urls.push(own);
  }
  // Roles belong to the cluster: one password for all of its databases.
  const { apiUrl } = await provisionRoles(urls[0]?.href ?? serverUrl);
  return urls.map(({ pathname }) => {
    const url = new URL(apiUrl);
    url.pathname = pathname;
    return postgres(url.href, { max: 2, onnotice: () => undefined });
  });
}
