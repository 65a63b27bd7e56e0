import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { searchStore } from "./search-store.ts";
import { withGrant } from "./site-context.ts";
import { migratedDatabase } from "./testing.ts";

const SITES: readonly SiteRef[] = ["1", "2", "3"].map((site) => ({ study: "S", site }));
const CHAINS = [...SITES.map(({ study, site }) => `site:${study}/${site}`), "system"];
const ACTIONS = ["subject.list", "phi.read", "trail.read"];
const PRINCIPALS = ["prn_a", "prn_b"];
const DECISIONS = ["allow", "deny", "note"];
const REASONS = ["allowed", "policy.denied:other_site"];

const ROWS: readonly CrossingRow[] = Array.from({ length: 400 }, (_, n) => ({
  chain: CHAINS[n % 4] ?? "",
  generation: n % 50 === 0 ? 2 : 1,
  seq: n + 1,
  // Several records share a millisecond, in one chain and in others.
  atMs: 1_700_000_000_000 + Math.floor(n / 7) * 1000,
  principal: PRINCIPALS[n % 3 === 0 ? 0 : 1] ?? "",
  role: "r",
  workload: n % 5 === 0 ? "spiffe://d/service/a" : "spiffe://d/zone/edge/console",
  action: ACTIONS[(n % 11) % 3] ?? "",
  resource: n % 2 === 0 ? `ref:v1:${n % 9}` : "subject",
  site: "-",
  decision: DECISIONS[(n % 13) % 3] ?? "",
  reason: REASONS[n % 2] ?? "",
  requestId: `req_${n % 40}`,
}));

const grantOf = (sites: readonly SiteRef[], action: Action = "trail.read"): Grant =>
  Grant.issue(
    { principal: "prn_test", person: "per_test", workload: "test", action, resource: "trail", requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );

let database: Database;
let store: CrossingSearch;
let close: () => Promise<void>;
beforeAll(async () => {
  const db = await migratedDatabase();
  const owner = connectDatabase({ url: db.ownerUrl, max: 1, applicationName: "test-owner" });
  await owner.run`
    INSERT INTO audit.search (chain, generation, seq, at_ms, principal, role, workload, action, resource, site, decision, reason, request_id)
    SELECT r.chain, r.generation, r.seq, r."atMs", r.principal, r.role, r.workload, r.action, r.resource, r.site, r.decision, r.reason, r."requestId"
      FROM json_to_recordset(${JSON.stringify(ROWS)}::text::json) AS r (chain text, generation integer, seq bigint, "atMs" bigint, principal text, role text, workload text,
           action text, resource text, site text, decision text, reason text, "requestId" text)`;
  await owner.run`
    INSERT INTO audit.search_counts (span_s, start_ms, chain, decision, reason, n)
    SELECT 60, at_ms - at_ms % 60000, chain, decision, reason, count(*) FROM audit.search GROUP BY 1, 2, 3, 4, 5`;
  await owner.close();
  database = connectDatabase({ url: db.apiUrl, max: 4, applicationName: "test" });
  store = searchStore(database);
  close = async () => {
    await database.close();
    await db.drop();
  };
});
afterAll(() => close?.());

const keyOf = ({ chain, generation, seq }: Pick<CrossingRow, "chain" | "generation" | "seq">): string => `${chain} ${generation} ${seq}`;
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const newestFirst = (a: CrossingRow, b: CrossingRow): number => b.atMs - a.atMs || byBytes(b.chain, a.chain) || b.generation - a.generation || b.seq - a.seq;

const matches = (row: CrossingRow, asked: SearchConditions): boolean =>
  (asked.principal === undefined || row.principal === asked.principal) &&
  (asked.workload === undefined || row.workload === asked.workload) &&
  (asked.action === undefined || row.action === asked.action) &&
  (asked.resource === undefined || row.resource.startsWith(asked.resource)) &&
  (asked.reason === undefined || row.reason === asked.reason) &&
  (asked.requestId === undefined || row.requestId === asked.requestId) &&
  (asked.outcome === undefined || asked.outcome.includes(row.decision)) &&
  (asked.fromMs === undefined || row.atMs >= asked.fromMs) &&
  (asked.untilMs === undefined || row.atMs < asked.untilMs);

/** What a caller was granted: some sites, with or without the deployment's own chain. */
const reached = fc.record({ sites: fc.subarray([...SITES]), overall: fc.boolean() }).filter(({ sites, overall }) => overall || sites.length > 0);
const scopeFor = ({ sites, overall }: { readonly sites: readonly SiteRef[]; readonly overall: boolean }, chains: readonly string[] | null): SearchScope => ({
  grants: [...(sites.length > 0 ? [grantOf(sites)] : []), ...(overall ? [grantOf([])] : [])],
  chains,
});
const chainsOf = ({ sites, overall }: { readonly sites: readonly SiteRef[]; readonly overall: boolean }): readonly string[] => [
  ...sites.map(({ study, site }) => `site:${study}/${site}`),
  ...(overall ? ["system"] : []),
];

const optional = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const conditions: fc.Arbitrary<SearchConditions> = fc.record({
  principal: optional([...PRINCIPALS, "prn_none"]),
  workload: optional(["spiffe://d/service/a"]),
  action: optional(ACTIONS),
  resource: optional(["ref:", "ref:v1:4", "sub", "~", "%"]),
  reason: optional(REASONS),
  requestId: optional(["req_7", "req_x"]),
  outcome: fc.option(fc.subarray(DECISIONS), { nil: undefined }),
  fromMs: optional([1_700_000_010_000]),
  untilMs: optional([1_700_000_040_000]),
});

test("a search answers what the grants reach and the filter matches, in order, whether the chains are named or left to row security", async () => {
  await fc.assert(
    fc.asyncProperty(reached, conditions, fc.boolean(), fc.integer({ min: 1, max: 60 }), async (grants, asked, isNamed, limit) => {
      const expected = ROWS.filter((row) => chainsOf(grants).includes(row.chain) && matches(row, asked)).toSorted(newestFirst);
      const scope = scopeFor(grants, isNamed ? chainsOf(grants) : null);
      const first = await store.page(scope, asked, { after: null, limit });
      expect(first).toEqual(expected.slice(0, limit));
      const last = first.at(-1);
      if (last !== undefined) expect((await store.page(scope, asked, { after: last, limit })).map(keyOf)).toEqual(expected.slice(limit, 2 * limit).map(keyOf));
      const { count, isMore, untilMs } = await store.count(scope, asked, { bound: 1000, looks: 1000 });
      expect([count, isMore]).toEqual([expected.length, false]);
      const few = await store.count(scope, asked, { bound: 50, looks: 20 });
      expect(few.count).toBeLessThanOrEqual(Math.min(expected.length, 50));
      if (!few.isMore) expect(few.count).toBe(expected.length);
      expect(untilMs).toBe(Math.max(...ROWS.filter(({ chain }) => chainsOf(grants).includes(chain)).map(({ atMs }) => atMs)));
    }),
    { numRuns: 300 },
  );
});

test("a chain that is named and not granted is not there, in pages, counts, looks and charts", async () => {
  await fc.assert(
    fc.asyncProperty(reached, fc.constantFrom(...CHAINS), async (grants, chain) => {
      const scope = scopeFor(grants, [chain]);
      const isGranted = chainsOf(grants).includes(chain);
      expect((await store.page(scope, {}, { after: null, limit: 5 })).length).toBe(isGranted ? 5 : 0);
      expect((await store.count(scope, {}, { bound: 5, looks: 5 })).count).toBe(isGranted ? 5 : 0);
      const to = [{ chain, generation: 2, seq: 1_000_000 }];
      expect((await store.between(scope, {}, { from: [], to, limit: 500 })).length).toBe(isGranted ? ROWS.filter((row) => row.chain === chain).length : 0);
    }),
    { numRuns: 60 },
  );
});

test("row security alone shows the granted chains' rows and counts, and without a grant none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...SITES], { minLength: 1 }), async (sites) => {
      const seen = await withGrant(database, grantOf(sites), async (tx) => ({
        rows: (await tx<{ chain: string }>`SELECT DISTINCT chain FROM audit.search`).map(({ chain }) => chain),
        counts: (await tx<{ chain: string }>`SELECT DISTINCT chain FROM audit.search_counts`).map(({ chain }) => chain),
      }));
      const own = sites.map(({ study, site }) => `site:${study}/${site}`).toSorted(byBytes);
      expect([seen.rows.toSorted(byBytes), seen.counts.toSorted(byBytes)]).toEqual([own, own]);
      const outcomes = await store.outcomes(scopeFor({ sites, overall: false }, null), { spanS: 60, bucketS: 60, fromMs: 0 });
      expect(outcomes.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS.filter(({ chain }) => own.includes(chain)).length);
      const flows = await store.flows(scopeFor({ sites, overall: false }, null), { fromMs: 0, bound: 10_000 });
      expect(flows.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS.filter(({ chain }) => own.includes(chain)).length);
    }),
    { numRuns: 20 },
  );
  expect(await database.run`SELECT chain FROM audit.search UNION ALL SELECT chain FROM audit.search_counts`).toEqual([]);
});

test("a grant for another act, and one that has ended, search nothing", async () => {
  const ended = grantOf(SITES);
  ended.close();
  for (const grant of [grantOf(SITES, "subject.list"), ended]) {
    await expect(store.page({ grants: [grant], chains: null }, {}, { after: null, limit: 1 })).rejects.toMatchObject({ code: "policy.denied" });
  }
});

test("the api's role writes nothing into the search", async () => {
  await expect(database.run`INSERT INTO audit.search_progress (chain, generation, seq) VALUES ('system', 1, 9)`).rejects.toMatchObject({ code: "policy.denied" });
  await expect(database.run`DELETE FROM audit.search`).rejects.toMatchObject({ code: "policy.denied" });
  await expect(database.run`UPDATE audit.search_counts SET n = 0`).rejects.toMatchObject({ code: "policy.denied" });
});
