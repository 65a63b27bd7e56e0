import { RecordIncidentStepInput, RecordIncidentStepOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { locateIncident } from "../../incidents/locate-incident.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";

/** Says that a step of the runbook was done about an incident, and where what is kept of it is; a file of it by its digest. It stays with the incident, also once that is ended. */
export const recordIncidentStep = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "trail.verify",
      resource: "trail",
      input: RecordIncidentStepInput,
      output: RecordIncidentStepOutput,
      whenFrozen: "serve",
      locate: ({ incidentId }, trace) => locateIncident(deps, incidentId, trace),
    },
    {
      prepare: async ({ input, found, grant, trace }) => {
        if (found === null) throw new SallyportError("policy.denied");
        const note = sealReason((await deps.referenceKeys()).change, grant, input.note);
        trace.note({ step: input.step, commitment: note.commitment, ...(input.evidence !== undefined && { evidence: input.evidence.sha256 }) });
        return { chain: found.chain, note };
      },
      commit: async (tx, { input: { incidentId, step, evidence = null }, grant }, { chain, note }) => {
        await deps.changes.insert(tx, note);
        await deps.incidentSteps.add(tx, grant, { incident: incidentId, chain, step, note: note.id, evidence, atMs: deps.now() });
        return { done: true as const };
      },
    },
  );
