import { OffboardServiceInput, OffboardServiceOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { holdsPower, offboardService } from "../../services/offboard-service.ts";
import { locateService } from "./service-place.ts";

/** Ends a service for good, in one act. One that holds a powerful role is ended by an approval only: `approval.required`. */
export const offboardWorkload = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "workload.revoke", resource: "workload", input: OffboardServiceInput, output: OffboardServiceOutput, evidence: true, locate: locateService },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, trace }, reason) => {
        const known = await deps.services.lock(tx, input.service);
        if (known === null) throw new SallyportError("policy.denied");
        if (known.leftAtMs !== null) throw new SallyportError("workload.state");
        if (holdsPower(known, deps.policy.current().compiled.document, deps.now())) throw new SallyportError("approval.required");
        await deps.changes.insert(tx, reason);
        trace.note({ before: known.status, after: "left", ...(await offboardService(deps, tx, known, null)) });
        return { done: true as const };
      },
    },
  );
