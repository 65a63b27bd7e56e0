import { EndEmergencyInput, EndEmergencyOutput, StopEmergencyInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { isOpen } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateSites } from "../site-place.ts";
import { locateEmergency } from "./emergency-place.ts";

/** Holds an emergency that is still open. Throws `emergency.state`. */
async function holdOpen<Tx>(deps: ApiDeps<Tx>, tx: Tx, id: string): Promise<void> {
  const row = await deps.emergencies.lock(tx, id);
  if (row === null || !isOpen(row, deps.now())) throw new SallyportError("emergency.state", { emergency: id });
}

/** Ends one's own emergency before its time. It opens nothing any more from the commit on, on any node. */
export const endEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "emergency.open",
      resource: "subject",
      input: EndEmergencyInput,
      output: EndEmergencyOutput,
      locate: async ({ emergencyId }, trace) => {
        const { found } = await locateEmergency(deps, emergencyId, trace);
        // Nobody's is nobody's to end: as somebody else's.
        return { ...(await locateSites(deps, found === null ? {} : { study: found.study })), found: null, whose: found?.person ?? "nobody" };
      },
    },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input, grant }) => {
        await holdOpen(deps, tx, input.emergencyId);
        await deps.emergencies.end(tx, input.emergencyId, { by: grant.person, atMs: deps.now(), how: "person" });
        return { done: true as const };
      },
    },
  );

/** Ends somebody's emergency by whoever reviews them. */
export const stopEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "emergency.review",
      resource: "subject",
      input: StopEmergencyInput,
      output: EndEmergencyOutput,
      locate: ({ emergencyId }, trace) => locateEmergency(deps, emergencyId, trace),
    },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant }, reason) => {
        await holdOpen(deps, tx, input.emergencyId);
        await deps.changes.insert(tx, reason);
        await deps.emergencies.end(tx, input.emergencyId, { by: grant.person, atMs: deps.now(), how: "administrator" });
        return { done: true as const };
      },
    },
  );
