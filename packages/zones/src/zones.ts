/** The trust zones, from the least trusted to the most (docs/threat-model.md). */
export type ZoneName = "public" | "edge" | "application" | "data" | "egress";

/** One row of the zones table. Everything that listens, connects or stores is derived from it or checked against it. */
export interface Zone {
  readonly name: ZoneName;
  /** The processes of this zone, by workload name. */
  readonly processes: readonly WorkloadName[];
  /** What the zone holds, at the most sensitive. */
  readonly holds: "nothing of ours" | "session ids and short tokens" | "plaintext PHI for one crossing" | "ciphertext, the trail and the keys" | "sealed packets";
  /** The zones whose workloads may open a connection to this one. */
  readonly callers: readonly ZoneName[];
  /** Who may open a connection inside the zone, by process. */
  readonly within: readonly (readonly [from: WorkloadName, to: WorkloadName])[];
  /** How data is protected on the way in and while it is here. */
  readonly posture: string;
}

/** The processes, each with a workload identity of its own; Postgres has none and is reached by SCRAM or verify-full. */
export type WorkloadName = "console" | "api" | "custodian" | "postgres" | "egress";

export const zones = [
  { name: "public", processes: [], holds: "nothing of ours", callers: [], within: [], posture: "TLS 1.3; rate-limited" },
  { name: "edge", processes: ["console"], holds: "session ids and short tokens", callers: ["public"], within: [], posture: "TLS terminated, re-encrypted inward" },
  {
    name: "application",
    processes: ["api"],
    holds: "plaintext PHI for one crossing",
    callers: ["public", "edge", "egress"],
    within: [],
    posture: "mTLS 1.3; field and envelope encryption",
  },
  {
    name: "data",
    processes: ["postgres", "custodian"],
    holds: "ciphertext, the trail and the keys",
    callers: ["application"],
    within: [["custodian", "postgres"]],
    posture: "AES-256-GCM fields; mTLS 1.3 to the custodian; SCRAM on loopback or verify-full to Postgres",
  },
  // It listens to nobody: it asks the api for work, and calls portals.
  { name: "egress", processes: ["egress"], holds: "sealed packets", callers: [], within: [], posture: "signed, sealed; mTLS 1.3 to the api" },
] as const satisfies readonly Zone[];

/** The zone of a process. */
export function zoneOf(process: WorkloadName): Zone {
  const found = (zones as readonly Zone[]).find((zone) => zone.processes.includes(process));
  if (found === undefined) throw new RangeError(`no zone holds ${process}`);
  return found;
}

/** Whether `from` may open a connection to `to`: by the caller's zone, or by an exception inside one zone. */
function mayConnect(from: WorkloadName | "client", to: WorkloadName): boolean {
  const target = zoneOf(to);
  if (target.within.some(([a, b]) => a === from && b === to)) return true;
  const source: ZoneName = from === "client" ? "public" : zoneOf(from).name;
  return source !== target.name && target.callers.includes(source);
}

/** Whether the workload of a SPIFFE ID of ours may open a connection to a process. False for whatever isn't spelled as one of ours is. */
export function mayReach(spiffe: string, to: WorkloadName): boolean {
  const [, path = ""] = /^spiffe:\/\/[a-z0-9.-]+\/(.+)$/.exec(spiffe) ?? [];
  if (/^service\/[a-z0-9-]+$/.test(path)) return mayConnect("client", to);
  return zones.some((zone) => zone.processes.some((process) => path === `zone/${zone.name}/${process}` && mayConnect(process, to)));
}

/** The SPIFFE ID of one of our processes (SPIFFE-ID §2: trust domain and path). */
export const processId = (trustDomain: string, process: WorkloadName): string => `spiffe://${trustDomain}/zone/${zoneOf(process).name}/${process}`;

/** The SPIFFE ID of a service principal's workload. */
export const serviceId = (trustDomain: string, service: string): string => `spiffe://${trustDomain}/service/${service}`;

/** The SPIFFE ID of a person's terminal: the command line, which signs people in and has no rights of its own. */
export const terminalId = (trustDomain: string): string => serviceId(trustDomain, "terminal");

/** At which of our workloads people sign in: the console, terminals, and nowhere else. Null for any other workload. */
export function carriesPeople(spiffe: string): "console" | "terminal" | null {
  const [, path] = /^spiffe:\/\/[a-z0-9.-]+\/(.+)$/.exec(spiffe) ?? [];
  if (path === "zone/edge/console") return "console";
  return path === "service/terminal" ? "terminal" : null;
}
