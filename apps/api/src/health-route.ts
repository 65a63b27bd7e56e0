import type { PolicyDesk } from "@sallyport/api";
import type { Health } from "@sallyport/contracts";
import type { CustodianWatch } from "./custodian-watch.ts";
import type { Route } from "./listener.ts";

/** What health rests on; each is asked of what the process already knows, so that asking costs nothing. */
export interface HealthDeps {
  readonly deployment: string;
  readonly version: string;
  readonly now: () => number;
  readonly watch: CustodianWatch;
  readonly policy: PolicyDesk;
  /** Whether no outage of the trail is waiting to be put on record. */
  readonly isTrailUp: () => boolean;
  readonly isFrozen: () => boolean;
}

/** `GET /health`: the five pillars, for any workload of ours. 503 when any request would be refused. */
export const healthRoute =
  (deps: HealthDeps): Route =>
  () => {
    const lamp = (isUp: boolean) => (isUp ? "ok" : "down") as "ok" | "down";
    const { watch } = deps;
    const status = attempt(() => watch.status());
    const pillars: Health["pillars"] = {
      workload: lamp(status !== null && status.crlNextUpdateS * 1000 > deps.now()),
      principal: lamp(status !== null && status.tokenKeys.length > 0),
      policy: lamp(attempt(() => deps.policy.current()) !== null),
      phi: lamp(watch.isReachable && status?.rootKey === "present"),
      trail: lamp(watch.isReachable && deps.isTrailUp() && !deps.isFrozen() && (status?.verdicts ?? []).every(({ broken }) => broken === null)),
    };
    const down = Object.values(pillars).filter((each) => each === "down").length;
    const isServing = pillars.workload === "ok" && pillars.principal === "ok" && pillars.policy === "ok" && pillars.trail === "ok";
    const body: Health = {
      status: down === 0 ? "ok" : isServing ? "degraded" : "unavailable",
      deployment: deps.deployment,
      version: deps.version,
      pillars,
      checkpoint: { fingerprint: status?.checkpointKey.fingerprint ?? "" },
      time: new Date(deps.now()).toISOString(),
    };
    return Promise.resolve({ status: isServing ? 200 : 503, body });
  };

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
