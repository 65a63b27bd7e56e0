import { SearchCrossingsInput, SearchCrossingsOutput } from "@sallyport/contracts";
import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { archivesWithin } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { conditionsOf, locateCrossings, scopeOf } from "../../crossings/crossing-scope.ts";
import { summaryOf } from "../../crossings/crossing-summary.ts";
import type { SearchPlace } from "@sallyport/policy";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";

/** How far a total is counted, and how many records are looked at for it where no index answers the filter alone. */
const COUNTED = { bound: 5000, looks: 1000 };

/** A page of the trail as the caller's rights and the filter leave it, newest first. */
export const searchCrossings = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.read",
      resource: "trail",
      input: SearchCrossingsInput,
      output: SearchCrossingsOutput,
      whenFrozen: "serve",
      locate: ({ filter }, _trace, reach) => locateCrossings(deps, "trail.read", filter, reach),
    },
    async (crossing) => {
      const { input, grant, trace } = crossing;
      const { filter, cursor, limit } = input;
      const { cursor: key } = await deps.referenceKeys();
      const bound = { principal: grant.principal, list: "crossings.search", filter: { filter: canonicalJson(filter) } };
      const after = cursor === undefined ? null : placeIn(openCursor(key, bound, cursor));
      const scope = scopeOf(crossing, "trail.read", filter);
      const conditions = conditionsOf(filter);
      const [rows, names] = await Promise.all([deps.search.page(scope, conditions, { after, limit: limit + 1 }), deps.names()]);
      const items = rows.slice(0, limit);
      const isWhole = after === null && rows.length <= limit;
      const { count, isMore, untilMs } = await deps.search.count(scope, conditions, isWhole ? { bound: 1, looks: 1 } : COUNTED);
      const last = items.at(-1);
      trace.note({ shown: items.length });
      return {
        items: items.map((row) => summaryOf(row, names)),
        next: last !== undefined && rows.length > limit ? sealCursor(key, bound, JSON.stringify([last.atMs, last.chain, last.generation, last.seq])) : null,
        // What is shown is there, however few were found by looking at some.
        total: isWhole ? { count: items.length, isMore: false } : { count: Math.max(count, items.length), isMore: isMore || count < items.length },
        archived: archivesWithin(deps, scope, conditions),
        searchableUntil: untilMs === null ? null : new Date(untilMs).toISOString(),
      };
    },
  );

function placeIn(text: string): SearchPlace {
  const place: unknown = JSON.parse(text);
  if (!Array.isArray(place)) throw new SallyportError("input.cursor");
  const [atMs, chain, generation, seq] = place as readonly unknown[];
  if (typeof atMs !== "number" || typeof chain !== "string" || typeof generation !== "number" || typeof seq !== "number") throw new SallyportError("input.cursor");
  return { atMs, chain, generation, seq };
}
