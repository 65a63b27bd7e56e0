import { AssignRoleInput, AssignRoleOutput } from "@sallyport/contracts";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { isPowerful } from "@sallyport/policy";
import { refusedAssignee, refusedPlace, refusedRole } from "../../assignments/refused.ts";
import { assignmentDetail, wantedAt } from "../../assignments/wanted.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { assignmentSummary } from "../administration/assignment-summary.ts";
import { locateAssignee } from "./assignee-place.ts";

/** Throws where there is a reason to. */
function refuse(code: ErrorCode | null): void {
  if (code !== null) throw new SallyportError(code);
}

/** Gives somebody else a role at a place: at once, or from and until a time. A role that is powerful needs a second person: `approval.required`. */
export const assignRole = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "assignment.change",
      resource: "principal",
      input: AssignRoleInput,
      output: AssignRoleOutput,
      evidence: true,
      locate: ({ principal }, trace) => locateAssignee(deps, principal, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        refuse(refusedAssignee(found, grant));
        refuse(await refusedPlace(deps, input.study, input.site));
        refuse(refusedRole(deps, grant.principal, input.role));
        if (isPowerful(deps.policy.current().compiled.document, input.role)) throw new SallyportError("approval.required");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant, trace }, reason) => {
        refuse(refusedAssignee(await deps.assignments.lock(tx, input.principal), grant));
        const assignment = wantedAt(input, deps.now());
        await deps.changes.insert(tx, reason);
        if (!(await deps.assignments.assign(tx, input.principal, assignment))) throw new SallyportError("assignment.state");
        trace.note({ before: "none", ...assignmentDetail(assignment) });
        return { assignment: assignmentSummary(assignment) };
      },
    },
  );
