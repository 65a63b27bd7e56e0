import { ReleaseIncidentsInput, ReleaseIncidentsOutput } from "@sallyport/contracts";
import { carryingOut } from "../../approvals/carrying-out.ts";
import { incidentsNamed, type ReleasedPayload } from "../../approvals/incident-act.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/** Carries out an approved release: the custodian ends the incidents. */
export const releaseIncidents = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const { act, locate, prove, settle } = carryingOut(deps, "incident.release");
  return boundary.change(
    { ...act.ask, input: ReleaseIncidentsInput, output: ReleaseIncidentsOutput, whenFrozen: "serve", recorded: "once", locate },
    {
      prepare: ({ input, grant, trace }) => prove(input, grant, trace, ({ statement }) => Promise.resolve((response) => deps.credentials.release(statement, response))),
      commit: async (tx, { grant }, row) => {
        await settle(tx, grant, row);
        return { ended: [...incidentsNamed(act.payloadOf(row) as ReleasedPayload)] };
      },
    },
  );
};
