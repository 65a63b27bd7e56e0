import type { Action, LivePrincipal, PolicyDocument } from "./model.ts";
import { isDeploymentWide, isInForce } from "./rights.ts";

/**
 * The acts by which somebody changes who may do what, takes others' access away, or says the second word: whoever is given one of them
 * is given it by two people. What a role is called plays no part in it.
 */
export const POWERFUL_ACTIONS: readonly Action[] = [
  "role.change",
  "profile.change",
  "assignment.change",
  "approval.decide",
  "phi.bulk_approve",
  "person.invite",
  "person.suspend",
  "person.reinstate",
  "person.approve",
  "person.offboard",
  "authenticator.recover",
  "lock.set",
  "lock.lift",
  "workload.enrol",
  "workload.revoke",
  "keys.rotate",
  "emergency.review",
  "access.review",
  "incident.release",
  "recipient.change",
  "submission.release",
  "route.change",
  "trail.archive",
  "spool.discard",
];

/** Whether a role of this policy brings one of {@link POWERFUL_ACTIONS} with it. */
export const isPowerful = ({ grants }: Pick<PolicyDocument, "grants">, role: string): boolean =>
  grants.some((grant) => grant.role === role && POWERFUL_ACTIONS.includes(grant.action));

/**
 * Whether somebody may assign a role: they hold, now and over the whole deployment, a role that the policy names for it (`assignableBy`).
 * A role that this policy doesn't have is nobody's to assign.
 */
export function mayAssign({ roles }: Pick<PolicyDocument, "roles">, { assignments }: Pick<LivePrincipal, "assignments">, role: string, nowMs: number): boolean {
  const rule = roles.find(({ name }) => name === role);
  return rule !== undefined && assignments.some((held) => rule.assignableBy.includes(held.role) && isDeploymentWide(held) && isInForce(held, nowMs));
}
