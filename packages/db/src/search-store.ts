import { type CrossingRow, type CrossingSearch, type SearchConditions, type SearchPlace, type SearchScope, siteKey } from "@sallyport/policy";
import type { Value } from "./connection.ts";
import type { Database } from "./database.ts";
import { grantedSites, withGrant } from "./site-context.ts";

/** Fills the search from the trail, after the fact. */
export interface SearchIndexer {
  /** Takes over what is new, at most `limit` records of each chain; answers how many. Any number of nodes may run it. */
  index(limit: number): Promise<number>;
}

interface Row {
  readonly chain: string;
  readonly generation: number;
  readonly seq: string;
  readonly at_ms: string;
  readonly principal: string;
  readonly role: string;
  readonly workload: string;
  readonly action: string;
  readonly resource: string;
  readonly site: string;
  readonly decision: string;
  readonly reason: string;
  readonly request_id: string;
}
interface LineRow extends Row {
  readonly body: string;
  readonly mac: Buffer;
}

const rowOf = ({ request_id, at_ms, seq, chain, generation, principal, role, workload, action, resource, site, decision, reason }: Row): CrossingRow => ({
  chain,
  generation,
  seq: Number(seq),
  atMs: Number(at_ms),
  principal,
  role,
  workload,
  action,
  resource,
  site,
  decision,
  reason,
  requestId: request_id,
});

/** What row security compares for all of the grants together, and the act that it stands at. */
function contextOf({ grants }: SearchScope): readonly [sites: string, action: string] {
  for (const grant of grants) grant.assert("trail.read", "trail.verify", "trail.export", "trail.review");
  return [grants.map(grantedSites).join("\n"), grants[0]?.action ?? ""];
}

const filterOf = ({ chains }: SearchScope, conditions: SearchConditions): string => {
  const { outcome, ...others } = conditions;
  return JSON.stringify({ ...others, ...(chains !== null && { chains }), ...(outcome !== undefined && { outcome: [...new Set(outcome)] }) });
};

const placeOf = (after: SearchPlace | null): Value =>
  after === null ? null : JSON.stringify({ at: after.atMs, chain: after.chain, generation: after.generation, seq: after.seq });

/** The search in Postgres; row security stands behind what the grants of its scope reach. */
export function searchStore(database: Database): CrossingSearch {
  return {
    async page(scope, conditions, { after, limit }) {
      const [sites, action] = contextOf(scope);
      const rows = await database.run<Row>`SELECT * FROM audit.search_rows(${sites}, ${action}, ${filterOf(scope, conditions)}, ${placeOf(after)}, ${limit}, false, false)`;
      return rows.map(rowOf);
    },

    async lines(scope, conditions, { after, limit }) {
      const [sites, action] = contextOf(scope);
      const rows = await database.run<LineRow>`SELECT * FROM audit.search_rows(${sites}, ${action}, ${filterOf(scope, conditions)}, ${placeOf(after)}, ${limit}, true, true)`;
      return rows.map((row) => ({ ...rowOf(row), body: row.body, mac: row.mac.toString("hex") }));
    },

    async naming(grant, site, { after, limit }) {
      grant.assert("trail.export");
      const rows = await withGrant(
        database,
        grant,
        (tx) => tx<Pick<LineRow, "generation" | "seq" | "principal" | "body" | "mac">>`
          SELECT * FROM audit.records_naming(${siteKey(site)}, ${after?.generation ?? 0}, ${after?.seq ?? 0}, ${limit})`,
      );
      return rows.map(({ seq, mac, ...row }) => ({ chain: "system", ...row, seq: Number(seq), mac: mac.toString("hex") }));
    },

    async count(scope, conditions, { bound, looks }) {
      const [sites, action] = contextOf(scope);
      const [row] = await database.run<{ n: string; is_more: boolean; until_ms: string | null }>`
        SELECT n, is_more, until_ms FROM audit.search_count(${sites}, ${action}, ${filterOf(scope, conditions)}, ${bound}, ${looks})`;
      const untilMs = row?.until_ms ?? null;
      return { count: Number(row?.n ?? 0), isMore: row?.is_more === true, untilMs: untilMs === null ? null : Number(untilMs) };
    },

    async positions(scope) {
      const [sites] = contextOf(scope);
      const rows = await database.run<{ chain: string; generation: number; seq: string }>`
        SELECT p.chain, p.generation, p.seq FROM audit.search_progress p
         WHERE CASE p.chain WHEN 'system' THEN p.chain ELSE substr(p.chain, 6) END = ANY (string_to_array(${sites}, E'\n'))`;
      return rows.map(({ chain, generation, seq }) => ({ chain, generation, seq: Number(seq) })).filter(({ chain }) => scope.chains === null || scope.chains.includes(chain));
    },

    async between(scope, conditions, { from, to, limit }) {
      const [sites, action] = contextOf(scope);
      const began = new Map(from.map((each) => [each.chain, each]));
      const ranges = to.map((end) => ({
        chain: end.chain,
        generation: began.get(end.chain)?.generation ?? 0,
        seq: began.get(end.chain)?.seq ?? 0,
        to_generation: end.generation,
        to_seq: end.seq,
      }));
      const moved = ranges.filter((range) => range.generation !== range.to_generation || range.seq !== range.to_seq);
      if (moved.length === 0) return [];
      const rows = await database.run<Row>`SELECT * FROM audit.search_since(${sites}, ${action}, ${filterOf(scope, conditions)}, ${JSON.stringify(moved)}, ${limit})`;
      return rows.map(rowOf);
    },

    async outcomes(scope, { spanS, bucketS, fromMs }) {
      const [sites, action] = contextOf(scope);
      const rows = await database.run<{ start_ms: string | null; decision: string; reason: string | null; n: string }>`
        SELECT * FROM audit.search_outcomes(${sites}, ${action}, ${spanS}, ${bucketS * 1000}, ${fromMs})`;
      return {
        buckets: rows.filter(({ start_ms }) => start_ms !== null).map(({ start_ms, decision, n }) => ({ startMs: Number(start_ms), decision, count: Number(n) })),
        denials: rows.flatMap(({ reason, n }) => (reason === null ? [] : [{ reason, count: Number(n) }])),
      };
    },

    async flows(scope, { fromMs, bound }) {
      const [sites, action] = contextOf(scope);
      const rows = await database.run<{ workload: string; action: string; decision: string; n: string }>`
        SELECT * FROM audit.search_flows(${sites}, ${action}, ${fromMs}, ${bound})`;
      return rows.map(({ n, ...flow }) => ({ ...flow, count: Number(n) }));
    },
  };
}

/** Fills the search by the owner's function; this role can't write it otherwise. */
export const searchIndexer = (database: Database): SearchIndexer => ({
  async index(limit) {
    const chains = await database.run<{ chain: string }>`SELECT chain FROM audit.unindexed_chains()`;
    let indexed = 0;
    for (const { chain } of chains) {
      const [row] = await database.run<{ n: number }>`SELECT audit.index_chain(${chain}, ${limit}) AS n`;
      indexed += row?.n ?? 0;
    }
    return indexed;
  },
});
