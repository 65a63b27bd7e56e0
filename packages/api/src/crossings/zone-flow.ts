/** The trust zones that crossings go through (docs/threat-model.md). */
type ZoneName = "public" | "edge" | "application" | "data" | "egress";

/** Crossings of one kind, counted. */
export interface CountedCrossings {
  readonly workload: string;
  readonly action: string;
  readonly decision: string;
  readonly count: number;
}

/** Crossings from one zone into another. */
export interface Flow {
  readonly from: ZoneName;
  readonly to: ZoneName;
  readonly allowed: number;
  readonly denied: number;
}

/** The zone that a workload calls from, by its SPIFFE ID; null for what the system notes of itself. */
function zoneOfWorkload(workload: string): ZoneName | null {
  if (/^spiffe:\/\/[^/]+\/service\//.test(workload)) return "public";
  const [, zone] = /^spiffe:\/\/[^/]+\/zone\/(edge|egress)\//.exec(workload) ?? [];
  return zone === "edge" || zone === "egress" ? zone : null;
}

/**
 * The flows between zones that crossings tell of: each from its caller's zone into the application zone, and those that were let through
 * from there on to where their resource is: sealed submissions to egress, all else to the data zone. What was refused got no further.
 */
export function flowsOf(crossings: readonly CountedCrossings[]): readonly Flow[] {
  const flows = new Map<string, { from: ZoneName; to: ZoneName; allowed: number; denied: number }>();
  const add = (from: ZoneName, to: ZoneName, isAllowed: boolean, count: number): void => {
    const flow = flows.get(`${from} ${to}`) ?? { from, to, allowed: 0, denied: 0 };
    if (isAllowed) flow.allowed += count;
    else flow.denied += count;
    flows.set(`${from} ${to}`, flow);
  };
  for (const { workload, action, decision, count } of crossings) {
    const from = zoneOfWorkload(workload);
    if (from === null || decision === "note") continue;
    const isAllowed = decision === "allow";
    add(from, "application", isAllowed, count);
    if (isAllowed) add("application", action === "submission.submit" ? "egress" : "data", true, count);
  }
  return [...flows.values()];
}
