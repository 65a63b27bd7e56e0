import { EndAssignmentInput, EndAssignmentOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { endable, isAdministrators, mayEnd } from "../../assignments/ending.ts";
import { assignmentDetail } from "../../assignments/wanted.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateAssignee } from "./assignee-place.ts";

/** Ends an assignment now. What makes an administrator is ended by an approval only: `approval.required`. */
export const endAssignment = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "assignment.change",
      resource: "principal",
      input: EndAssignmentInput,
      output: EndAssignmentOutput,
      evidence: true,
      locate: ({ principal }, trace) => locateAssignee(deps, principal, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (found === null || !mayEnd(deps, grant.principal, input.role)) throw new SallyportError("policy.denied");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, trace }, reason) => {
        const nowMs = deps.now();
        const { principal, role, study, site } = input;
        const key = { role, study, site, fromMs: Date.parse(input.from) };
        const assignee = await deps.assignments.lock(tx, principal);
        const standing = assignee === null ? null : endable(assignee, key, nowMs);
        if (assignee === null || standing === null) throw new SallyportError("assignment.state");
        if (isAdministrators(assignee, standing, nowMs)) throw new SallyportError("approval.required");
        await deps.changes.insert(tx, reason);
        if (!(await deps.assignments.end(tx, principal, key, nowMs))) throw new SallyportError("assignment.state");
        const { until: before, ...rest } = assignmentDetail(standing);
        trace.note({ before, ...rest, until: new Date(Math.max(nowMs, key.fromMs)).toISOString() });
        return { done: true as const };
      },
    },
  );
