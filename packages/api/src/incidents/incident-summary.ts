import type { IncidentSummary } from "@sallyport/contracts";
import type { z } from "zod";
import type { TrailIncident } from "../ports.ts";

/** An incident as the contracts show it. */
export function incidentSummary(incident: TrailIncident, nameOf: (person: string) => string): z.input<typeof IncidentSummary> {
  const { id, chain, generation, from, to, kind, why, foundAt, foundBy, isFrozen, successor, openedAt, signed, stored, ended } = incident;
  return {
    incidentId: id,
    chain,
    generation,
    from,
    to,
    kind,
    why,
    foundAt,
    foundBy,
    stops: isFrozen ? "everything" : chain === "system" ? "administration" : "site",
    goesOn: { generation: successor, at: openedAt },
    signed: signed === null ? null : { ...signed },
    stored: stored === null ? null : { ...stored },
    ended: ended === null ? null : { at: ended.at, approval: ended.approval, by: ended.by.map((personId) => ({ personId, printedName: nameOf(personId) })) },
  };
}

/** As the custodian spells it: what a statement names of an incident, so that one that has grown since isn't ended by it (custody-v1.md, section 9). */
export const incidentText = ({ id, chain, generation, from, to, kind }: TrailIncident): string =>
  `incident=${id};chain=${chain};generation=${generation};from=${from};to=${to};kind=${kind.replaceAll(" ", "_")}`;
