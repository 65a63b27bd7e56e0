import { z } from "zod";
import { incidentText } from "../incidents/incident-summary.ts";
import type { ApiDeps, TrailIncident } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";
import type { Line } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;
const Released = z.strictObject({ incidents: z.array(z.string().max(512)).min(1).max(50) });
export type ReleasedPayload = z.output<typeof Released>;

/** The names in a payload's lines, in their order. */
export const incidentsNamed = ({ incidents }: ReleasedPayload): readonly string[] => incidents.map((text) => /^incident=([^;]+)/.exec(text)?.[1] ?? "");

/**
 * Ends incidents. The custodian does it, upon the approval that it verified and its requester's own passkey: so nothing is performed with the vote,
 * and the requester carries it out.
 */
export const releaseIncidentsAct = <Tx>(deps: Pick<ApiDeps<Tx>, "incidents">): ApprovalAct<Tx, ReleasedPayload> => ({
  kind: "incident.release",
  ask: { action: "incident.release", resource: "trail" },
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: DAY_MS,
  usableForMs: DAY_MS,
  onlyBy: "proven_passkey",
  payload: Released,
  concerns: () => null,
  effect(_tx, _grant, payload) {
    const standing = new Map(deps.incidents().map((incident) => [incident.id, incident]));
    const named = incidentsNamed(payload).map((id) => standing.get(id));
    const there = named.filter((incident) => incident !== undefined);
    if (there.length < named.length) return Promise.resolve({ about: "-", lines: [], refused: "policy.denied" });
    const isReady = there.every(({ ended, openedAt }) => ended === null && openedAt !== null);
    const isSame = there.every((incident, at) => incidentText(incident) === payload.incidents[at]);
    return Promise.resolve({
      about: there.length === 1 ? (there[0]?.chain ?? "-") : `${there.length} chains`,
      lines: there.map(lineOf),
      refused: !isReady ? "incident.state" : isSame ? null : "approval.changed",
    });
  },
  perform: null,
});

const lineOf = ({ chain, generation, from, to, kind, isFrozen }: TrailIncident): Line => ({
  what: `${chain}, generation ${generation}, records ${from} to ${to}: ${kind}`,
  before: isFrozen ? "everything but looking is stopped" : chain === "system" ? "administration is stopped" : "revealing, releasing and transfers are stopped at the site",
  after: "ended: nothing is stopped any more, and the range stays on record as broken",
});
