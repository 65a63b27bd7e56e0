import { type Assignee, type Assignment, type AssignmentKey, isDeploymentWide, isInForce } from "@sallyport/policy";
import { ADMINISTRATOR_ROLE } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import { refusedRole } from "./refused.ts";

/** The assignment of this key if it goes on after now, else null. */
export const endable = ({ assignments }: Assignee, { role, study, site, fromMs }: AssignmentKey, nowMs: number): Assignment | null =>
  assignments.find(
    (each) => each.role === role && each.study === study && each.site === site && each.fromMs === fromMs && (each.untilMs === null || each.untilMs > Math.max(nowMs, fromMs)),
  ) ?? null;

/** Whether this assignment makes a person an administrator now. */
export const isAdministrators = ({ kind }: Pick<Assignee, "kind">, assignment: Assignment, nowMs: number): boolean =>
  kind === "person" && assignment.role === ADMINISTRATOR_ROLE && isDeploymentWide(assignment) && isInForce(assignment, nowMs);

/** Whether a principal may end assignments of a role: who may assign it; and, of one that the policy doesn't have any more, whoever may change assignments. */
export const mayEnd = <Tx>(deps: Pick<ApiDeps<Tx>, "policy" | "now">, principal: string, role: string): boolean =>
  !deps.policy.current().compiled.knowsRole(role) || refusedRole(deps, principal, role) === null;
