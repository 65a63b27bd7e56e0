/** The five controls of a crossing, in the order in which a request meets them. */
export const PILLARS = ["workload", "principal", "policy", "phi", "trail"] as const;
export type PillarName = (typeof PILLARS)[number];

/** `unknown` when nobody who proved to be the api has said. */
export type LampState = "ok" | "down" | "unknown";

/** `open`: all five are ready. `degraded`: some requests are refused, or we can't tell. `closed`: none is served. */
export type DoorState = "open" | "degraded" | "closed";

/**
 * Where the state comes from: the api's own word (`health`), or why there is none. `unreachable`: nothing answers. `refused`: it answers,
 * but not to us. `untrusted`: what answers did not prove to be the api. `unreadable`: its answer is not one that we know.
 */
export type Source = "health" | "unreachable" | "refused" | "untrusted" | "unreadable";

interface LampAnswer {
  readonly pillar: PillarName;
  readonly state: LampState;
  /** Since when this console has seen it so (ISO 8601, UTC). */
  readonly since: string;
}

/** The deployment's signing key by its fingerprint, as last heard; null if never. */
export interface SigningKeys {
  readonly fingerprint: string | null;
  /** Those that were in use before it, the latest first, each with when it went out of use. */
  readonly before: readonly { readonly fingerprint: string; readonly until: string }[];
  /** The one that is to follow it, where there is one already. */
  readonly next: string | null;
}

/** The answer of `GET /api/status`. It holds nothing that needs a login. */
export interface StatusAnswer extends SigningKeys {
  readonly state: DoorState;
  readonly source: Source;
  /** Since when this console has seen the door in this state. */
  readonly since: string;
  readonly pillars: readonly LampAnswer[];
  /** As last heard from the api; null if never. */
  readonly deployment: string | null;
  readonly version: string | null;
  readonly checkedAt: string;
}

const DOORS: readonly string[] = ["open", "degraded", "closed"];
const LAMPS: readonly string[] = ["ok", "down", "unknown"];

/** Whether a value is an answer that the page can show. It comes from our own server; this is against versions that differ during an update. */
export function isStatusAnswer(value: unknown): value is StatusAnswer {
  if (typeof value !== "object" || value === null) return false;
  const { state, pillars, checkedAt, since } = value as Record<string, unknown>;
  if (typeof state !== "string" || !DOORS.includes(state) || typeof checkedAt !== "string" || typeof since !== "string" || !Array.isArray(pillars)) return false;
  return (
    pillars.length === PILLARS.length &&
    pillars.every((lamp: Record<string, unknown> | null, index) => lamp?.["pillar"] === PILLARS[index] && LAMPS.includes(String(lamp?.["state"])))
  );
}
