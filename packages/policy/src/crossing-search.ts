import type { Grant } from "./grant.ts";
import type { SiteRef } from "./model.ts";

/** Where a search may look: what the grants reach together, and of that the named chains alone, unless null. */
export interface SearchScope {
  readonly grants: readonly Grant[];
  readonly chains: readonly string[] | null;
}

/** What has to hold of each record. Texts match whole values, `resource` its beginning. Times in milliseconds: from inclusive, until exclusive. */
export interface SearchConditions {
  readonly principal?: string | undefined;
  readonly workload?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
  readonly outcome?: readonly string[] | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** A record as the search holds it. */
export interface CrossingRow {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  readonly atMs: number;
  readonly principal: string;
  readonly role: string;
  readonly workload: string;
  readonly action: string;
  readonly resource: string;
  readonly site: string;
  readonly decision: string;
  readonly reason: string;
  readonly requestId: string;
}

/** A search's row with the stored record itself. */
export interface CrossingLine extends CrossingRow {
  readonly body: string;
  /** Hex. */
  readonly mac: string;
}

/** The place after which a page begins; `at desc, chain, generation, seq` order a search without a tie. */
export type SearchPlace = Pick<CrossingRow, "atMs" | "chain" | "generation" | "seq">;
/** How far a chain is searchable. */
export type SearchPosition = Pick<CrossingRow, "chain" | "generation" | "seq">;

/** Port: the search beside the trail. It is filled after the fact and proves nothing; every call is limited to what its scope's grants reach. */
export interface CrossingSearch {
  /** A page in the order of time, the newest first. */
  page(scope: SearchScope, conditions: SearchConditions, at: { readonly after: SearchPlace | null; readonly limit: number }): Promise<readonly CrossingRow[]>;
  /** A page with the records themselves, the oldest first. */
  lines(scope: SearchScope, conditions: SearchConditions, at: { readonly after: SearchPlace | null; readonly limit: number }): Promise<readonly CrossingLine[]>;
  /** A page of the records of `system` that name a site of the grant and none outside of it, the oldest first; with what isn't searchable yet. Needs `trail.export`. */
  naming(
    grant: Grant,
    site: SiteRef,
    at: { readonly after: Pick<SearchPosition, "generation" | "seq"> | null; readonly limit: number },
  ): Promise<readonly Pick<CrossingLine, "chain" | "generation" | "seq" | "principal" | "body" | "mac">[]>;
  /**
   * How many match, counted up to `bound`; where no one index answers all conditions together, what was found among `looks` records, and
   * `isMore` says that there may be more. With the newest record that is searchable in these chains.
   */
  count(
    scope: SearchScope,
    conditions: SearchConditions,
    at: { readonly bound: number; readonly looks: number },
  ): Promise<{ readonly count: number; readonly isMore: boolean; readonly untilMs: number | null }>;
  /** How far each chain of the scope is searchable now. */
  positions(scope: SearchScope): Promise<readonly SearchPosition[]>;
  /** What matches after `from` and up to `to`, the newest first; of a chain that is not in `from`, all of it. */
  between(
    scope: SearchScope,
    conditions: SearchConditions,
    range: { readonly from: readonly SearchPosition[]; readonly to: readonly SearchPosition[]; readonly limit: number },
  ): Promise<readonly CrossingRow[]>;
  /** Crossings in time: buckets by outcome, and what was refused by reason. `bucketS` is a multiple of `spanS`, the fineness of what is read. */
  outcomes(
    scope: SearchScope,
    at: { readonly spanS: 60 | 3600 | 21600; readonly bucketS: number; readonly fromMs: number },
  ): Promise<{
    readonly buckets: readonly { readonly startMs: number; readonly decision: string; readonly count: number }[];
    readonly denials: readonly { readonly reason: string; readonly count: number }[];
  }>;
  /** Crossings since `fromMs` by workload, act and outcome; of the newest `bound` at most. */
  flows(
    scope: SearchScope,
    at: { readonly fromMs: number; readonly bound: number },
  ): Promise<readonly { readonly workload: string; readonly action: string; readonly decision: string; readonly count: number }[]>;
}
