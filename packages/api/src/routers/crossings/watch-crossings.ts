import { WatchCrossingsEvent, WatchCrossingsInput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { conditionsOf, locateCrossings, scopeOf } from "../../crossings/crossing-scope.ts";
import { summaryOf } from "../../crossings/crossing-summary.ts";
import { pause } from "../../crossings/pause.ts";
import type { ApiDeps } from "../../ports.ts";

const LOOK_EVERY_MS = 500;
/** Of what came since the last look, so many are shown; the rest is counted, up to the bound. */
const SHOWN_MAX = 200;
const LOOK_BOUND = 1000;

/** New crossings as they become searchable. It goes by each chain's own sequence, so it misses none, whatever the order of their times. */
export const watchCrossings = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    {
      action: "trail.read",
      resource: "trail",
      input: WatchCrossingsInput,
      output: WatchCrossingsEvent,
      whenFrozen: "serve",
      locate: ({ filter }, _trace, reach) => locateCrossings(deps, "trail.read", filter, reach),
    },
    async function* (crossing, signal) {
      const { filter } = crossing.input;
      const scope = scopeOf(crossing, "trail.read", filter);
      const conditions = conditionsOf(filter);
      let from = await deps.search.positions(scope);
      while (await pause(LOOK_EVERY_MS, signal)) {
        const to = await deps.search.positions(scope);
        const rows = await deps.search.between(scope, conditions, { from, to, limit: LOOK_BOUND });
        from = to;
        if (rows.length === 0) continue;
        const names = await deps.names();
        yield { items: rows.slice(0, SHOWN_MAX).map((row) => summaryOf(row, names)), skipped: Math.max(0, rows.length - SHOWN_MAX) };
      }
    },
  );
