import { GetIncidentInput, GetIncidentOutput, ListIncidentsInput, ListIncidentsOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { locateIncident } from "../../incidents/locate-incident.ts";
import { incidentSummary } from "../../incidents/incident-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";
import { locateSites } from "../site-place.ts";
import { placeOfChain } from "../trail/chain-place.ts";

/** Who ended an incident, by the names that people have here: after a restore there may be none. */
async function namesOf<Tx>(deps: ApiDeps<Tx>, persons: readonly string[]): Promise<(person: string) => string> {
  const names = new Map<string, string>();
  for (const person of new Set(persons)) names.set(person, (await deps.people.people.byId(person))?.printedName ?? person);
  return (person) => names.get(person) ?? person;
}

/** The incidents of the chains that the caller reaches: of their sites, and `system`'s for a role over the deployment. */
export const listIncidents = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "trail.read", resource: "trail", input: ListIncidentsInput, output: ListIncidentsOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    async ({ input: { show }, grant, trace, may, reach }) => {
      const overall = reach({ action: "trail.read", resource: "trail" }, { kind: "deployment" }) !== null;
      const reached = new Set(grant.siteKeys().map((key) => `site:${key}`));
      const shown = deps
        .incidents()
        .filter(({ chain, ended }) => (overall || reached.has(chain)) && (show === "all" || ended === null))
        .toReversed();
      const nameOf = await namesOf(
        deps,
        shown.flatMap(({ ended }) => ended?.by ?? []),
      );
      trace.note({ shown: shown.length });
      return { incidents: shown.map((incident) => incidentSummary(incident, nameOf)), mayRelease: may({ action: "incident.release", resource: "trail" }, { kind: "deployment" }) };
    },
  );

/** One incident. */
export const getIncident = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.read",
      resource: "trail",
      input: GetIncidentInput,
      output: GetIncidentOutput,
      whenFrozen: "serve",
      locate: ({ incidentId }, trace) => locateIncident(deps, incidentId, trace),
    },
    async ({ found, grant, reach }) => {
      if (found === null) throw new SallyportError("policy.denied");
      const rows = await deps.incidentSteps.of(grant, found.id);
      const names = rows.length === 0 ? {} : await deps.names();
      const key = rows.length === 0 ? null : (await deps.referenceKeys()).change;
      return {
        incident: incidentSummary(found, await namesOf(deps, found.ended?.by ?? [])),
        steps: rows.map(({ step, principal, atMs, note, evidence }) => ({
          step,
          by: names[principal] ?? principal,
          at: new Date(atMs).toISOString(),
          note: key === null ? "" : openReason(key, grant, note),
          evidence,
        })),
        mayRecord: reach({ action: "trail.verify", resource: "trail" }, await placeOfChain(deps, found.chain)) !== null,
      };
    },
  );
