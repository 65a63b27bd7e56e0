import { z } from "zod";
import { AssignmentPlace, AssignmentSummary, Done } from "./people.ts";
import { IsoTime, Reason, RoleName } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** Who roles are assigned to: a person's principal, or a service's. */
export const PrincipalId = z.string().regex(/^(?:prn_[0-9a-hjkmnp-tv-z]{26}|svc_[a-z0-9_]{2,40})$/);

export const AssignmentOptionsInput = strict({});
/** `assignments.options`: the roles of the policy in force, whether the caller may assign each, and whether that needs a second person. */
export const AssignmentOptionsOutput = strict({
  policy: z.string(),
  roles: z.array(
    z.strictObject({
      role: z.string(),
      description: z.string(),
      assignableBy: z.array(z.string()),
      mayAssign: z.boolean(),
      needsApproval: z.boolean(),
      /** `action resource`, each as a grant of the role has it. */
      grants: z.array(z.string()),
    }),
  ),
});

/**
 * Assigns a role at a place. Without `from` it begins at once, without `until` it has no end. A role that needs a second person is
 * `approval.required` here, and asked for by `approvals.requestAssignment`.
 */
export const AssignRoleInput = strict({ principal: PrincipalId, role: RoleName, ...AssignmentPlace.shape, from: IsoTime.optional(), until: IsoTime.optional(), reason: Reason });
export const AssignRoleOutput = strict({ assignment: AssignmentSummary, evidence: z.array(Evidence) });

/** Ends an assignment now; `from` is its beginning, as lists show it. An administrator's is asked for by `approvals.requestAssignmentEnd`. */
export const EndAssignmentInput = strict({ principal: PrincipalId, role: RoleName, ...AssignmentPlace.shape, from: IsoTime, reason: Reason });
export const EndAssignmentOutput = strict({ done: Done.shape.done, evidence: z.array(Evidence) });

/** The same, asked for: each answers the request as it stands. */
export const RequestAssignmentInput = strict({ ...AssignRoleInput.shape });
export const RequestAssignmentEndInput = strict({ ...EndAssignmentInput.shape });

/** Asks for a role at a place for oneself, until a time that is at most ninety days away; approved by somebody who may assign it. */
export const RequestAccessInput = strict({ role: RoleName, ...AssignmentPlace.shape, until: IsoTime, reason: Reason });
