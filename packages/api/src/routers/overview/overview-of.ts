import type { Need, OverviewInput, OverviewOutput } from "@sallyport/contracts";
import type { z } from "zod";
import type { Crossing } from "../../boundary/procedure.ts";
import type { SearchScope } from "@sallyport/policy";
import { flowsOf } from "../../crossings/zone-flow.ts";
import type { ApiDeps } from "../../ports.ts";
import { needsOf } from "./needs-of.ts";

type Hours = z.output<typeof OverviewInput>["hours"];
type Overview = z.input<typeof OverviewOutput>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How fine the counts are that a chart of so many hours is made of, and how wide its bars. */
const CHARTS: Readonly<Record<Hours, { readonly spanS: 60 | 3600 | 21600; readonly bucketS: number }>> = {
  1: { spanS: 60, bucketS: 60 },
  24: { spanS: 3600, bucketS: 3600 },
  168: { spanS: 21_600, bucketS: 21_600 },
};
const FLOW_BOUND = 10_000;
const DENIALS_SHOWN = 8;

/** The overview as the caller's rights leave it. */
export async function overviewOf<Tx>(deps: ApiDeps<Tx>, crossing: Crossing<unknown, unknown>, scope: SearchScope | null, hours: Hours): Promise<Overview> {
  const nowMs = deps.now();
  const [trail, chains] = await Promise.all([
    scope === null ? null : trailParts(deps, scope, hours, nowMs),
    scope === null ? null : deps.archive.statuses(scope.grants, scope.chains),
  ]);
  const needs: readonly Need[] = await needsOf(deps, crossing, chains);
  return {
    at: new Date(nowMs).toISOString(),
    pillars: deps.pillars.now().map((pillar) => ({ ...pillar })),
    isFrozen: deps.isFrozen(),
    flows: trail?.flows ?? null,
    outcomes: trail?.outcomes ?? null,
    topDenials: trail?.topDenials ?? null,
    chains: chains?.map((chain) => ({ ...chain, anchors: chain.anchors.map((anchor) => ({ ...anchor })) })) ?? null,
    needs: [...needs],
    fingerprint: deps.pillars.fingerprint(),
  };
}

async function trailParts<Tx>(deps: ApiDeps<Tx>, scope: SearchScope, hours: Hours, nowMs: number) {
  const { spanS, bucketS } = CHARTS[hours];
  const bucketMs = bucketS * 1000;
  const lastMs = nowMs - (nowMs % bucketMs);
  const fromMs = lastMs - hours * HOUR_MS + bucketMs;
  const [flows, counted] = await Promise.all([deps.search.flows(scope, { fromMs: nowMs - MINUTE_MS, bound: FLOW_BOUND }), deps.search.outcomes(scope, { spanS, bucketS, fromMs })]);
  const at = (startMs: number, decision: string): number => counted.buckets.find((each) => each.startMs === startMs && each.decision === decision)?.count ?? 0;
  const starts = Array.from({ length: (hours * HOUR_MS) / bucketMs }, (_, index) => fromMs + index * bucketMs);
  return {
    flows: flowsOf(flows).map((flow) => ({ ...flow })),
    outcomes: {
      bucketSeconds: bucketS,
      buckets: starts.map((startMs) => ({ at: new Date(startMs).toISOString(), allowed: at(startMs, "allow"), denied: at(startMs, "deny"), failed: at(startMs, "error") })),
    },
    topDenials: counted.denials.toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)).slice(0, DENIALS_SHOWN),
  };
}
