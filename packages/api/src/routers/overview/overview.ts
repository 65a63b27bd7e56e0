import { OverviewInput, OverviewOutput, WatchOverviewInput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { locateEverywhere, trailScopeOf } from "../../crossings/crossing-scope.ts";
import { pause } from "../../crossings/pause.ts";
import type { ApiDeps } from "../../ports.ts";
import { overviewOf } from "./overview-of.ts";

/** The overview is everybody's, as their own rights are; what of the trail is in it, their rights on the trail decide. */
const RULE = { action: "access.read", resource: "access", whenFrozen: "serve" } as const;
const EVERY_MS = 2000;

/** How the deployment stands, for this caller. */
export const getOverview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...RULE, input: OverviewInput, output: OverviewOutput, locate: (_input, _trace, reach) => locateEverywhere(deps, RULE, reach) }, async (crossing) =>
    overviewOf(deps, crossing, await trailScopeOf(deps, crossing), crossing.input.hours),
  );

/** The same as it changes, at most once in two seconds. */
export const watchOverview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    { ...RULE, input: WatchOverviewInput, output: OverviewOutput, locate: (_input, _trace, reach) => locateEverywhere(deps, RULE, reach) },
    async function* (crossing, signal) {
      const scope = await trailScopeOf(deps, crossing);
      let shown = "";
      do {
        const overview = await overviewOf(deps, crossing, scope, crossing.input.hours);
        const { at: _at, ...rest } = overview;
        const standing = JSON.stringify(rest);
        if (standing !== shown) yield overview;
        shown = standing;
      } while (await pause(EVERY_MS, signal));
    },
  );
