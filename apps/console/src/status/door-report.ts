import { Health } from "@sallyport/contracts";
import type { DoorState, LampState, PillarName, SigningKeys, Source } from "./status-answer.ts";
import { PILLARS } from "./status-answer.ts";

/** What one look at the api found out. */
export interface DoorReport {
  readonly state: DoorState;
  readonly source: Source;
  readonly lamps: Readonly<Record<PillarName, LampState>>;
  /** Null unless the api said so itself. */
  readonly about: ({ readonly deployment: string; readonly version: string } & SigningKeys) | null;
}

const ALL_UNKNOWN = Object.fromEntries(PILLARS.map((pillar) => [pillar, "unknown"])) as Record<PillarName, LampState>;
const DOOR: Record<Health["status"], DoorState> = { ok: "open", degraded: "degraded", unavailable: "closed" };

/** The key has no fingerprint while the custodian has not been met. */
const keysOf = ({ fingerprint, before, next }: Health["checkpoint"]): SigningKeys => ({
  fingerprint: fingerprint === "" ? null : fingerprint,
  before,
  next: next?.fingerprint ?? null,
});

/** The report when the api gave no answer that can be shown. What can't be read is degraded: it may serve, and we don't know. */
export const noReport = (source: Exclude<Source, "health">): DoorReport => ({ state: source === "unreadable" ? "degraded" : "closed", source, lamps: ALL_UNKNOWN, about: null });

/**
 * Reads the api's answer strictly: an unknown field or value makes all of it unreadable, since half an answer about safety is none.
 * A lamp that is down under a status of `ok` is a contradiction, and shown as degraded.
 */
export function readHealth(status: number, body: string): DoorReport {
  if (status !== 200 && status !== 503) return noReport("refused");
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return noReport("unreadable");
  }
  const parsed = Health.safeParse(json);
  if (!parsed.success) return noReport("unreadable");
  const { pillars, deployment, version, checkpoint } = parsed.data;
  const isContradicted = parsed.data.status === "ok" && Object.values(pillars).includes("down");
  return {
    state: isContradicted ? "degraded" : DOOR[parsed.data.status],
    source: "health",
    lamps: pillars,
    about: { deployment, version, ...keysOf(checkpoint) },
  };
}
