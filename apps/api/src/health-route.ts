import type { PillarState } from "@sallyport/api";
import type { Health } from "@sallyport/contracts";
import type { Route } from "./listener.ts";
import { type PillarDeps, pillarStates } from "./pillar-states.ts";

export interface HealthDeps extends PillarDeps {
  readonly deployment: string;
  readonly version: string;
}

/** `GET /health`: the five pillars, for any workload of ours. 503 when any request would be refused. */
export const healthRoute =
  (deps: HealthDeps): Route =>
  () => {
    const states = pillarStates(deps);
    const lamp = (pillar: PillarState["pillar"]) => (states.some((each) => each.pillar === pillar && each.state === "ok") ? "ok" : "down") as "ok" | "down";
    const pillars: Health["pillars"] = { workload: lamp("workload"), principal: lamp("principal"), policy: lamp("policy"), phi: lamp("phi"), trail: lamp("trail") };
    const down = Object.values(pillars).filter((each) => each === "down").length;
    const isServing = pillars.workload === "ok" && pillars.principal === "ok" && pillars.policy === "ok" && pillars.trail === "ok";
    const body: Health = {
      status: down === 0 ? "ok" : isServing ? "degraded" : "unavailable",
      deployment: deps.deployment,
      version: deps.version,
      pillars,
      checkpoint: keyOf(deps),
      time: new Date(deps.now()).toISOString(),
    };
    return Promise.resolve({ status: isServing ? 200 : 503, body });
  };

/** All empty while the custodian has not been met. */
function keyOf({ watch }: HealthDeps): Health["checkpoint"] {
  try {
    const { checkpointKey, signKeys } = watch.status();
    const { fingerprint, vkey, handovers } = checkpointKey;
    const before = signKeys.flatMap(({ fingerprint: earlier, until }) => (until === null ? [] : [{ fingerprint: earlier, until }]));
    const next = signKeys.find(({ state }) => state === "next");
    return {
      fingerprint,
      vkey,
      handovers: [...handovers],
      before: before.toSorted((one, other) => (one.until < other.until ? 1 : -1)),
      next: next === undefined ? null : { fingerprint: next.fingerprint, vkey: next.vkey },
    };
  } catch {
    return { fingerprint: "", vkey: "", handovers: [], before: [], next: null };
  }
}
