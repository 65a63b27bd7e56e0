import { actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { decideAct } from "./decide.ts";
import { emergencyFor } from "./emergency.ts";
import type { Assignment, Decision, Question } from "./model.ts";
import { type Reach, reaches } from "./reach.ts";
import { coversSite, isDeploymentWide, momentOf } from "./rights.ts";
import { isSiteRef } from "./site-token.ts";

/** A decision with what it rested on. For the trace and for administrators, never for the caller that was refused. */
export interface Explanation {
  readonly decision: Decision;
  /** Id of the emergency without which it would be denied; null where there is none. Its assignments are those by which it could be opened. */
  readonly emergency: string | null;
  /** The assignments that took part in an allow, in the principal's order; empty for a denial. */
  readonly assignments: readonly Assignment[];
  /** The roles that may do what was asked, anywhere. */
  readonly rolesThatMay: readonly string[];
  /** What would be needed; empty for an allow. */
  readonly needed: string;
  /** The policy that decided: `v<version>:<first 16 hex of the digest>`. */
  readonly policy: string;
}

/** Explains a decision. The decision is {@link decideAct}'s own. */
export function explain(policy: CompiledPolicy, question: Question): Explanation {
  const rights = policy.rights(question.principal, question.scope);
  const act = actOf(question.action, question.resource);
  const moment = momentOf(question);
  const decision = decideAct(rights, act, question.place, moment);
  const emergency = decision.effect === "allow" && decision.emergency !== undefined ? emergencyFor(rights, act, question.place, moment) : null;
  return {
    decision,
    emergency: emergency === null ? null : emergency.emergency.id,
    assignments: emergency === null ? byRole(policy, question, decision) : emergency.opened.map(({ assignment }) => assignment),
    rolesThatMay: policy.rolesFor(question.action, question.resource),
    needed: decision.effect === "deny" ? decision.needed : "",
    policy: policy.label,
  };
}

function byRole(policy: CompiledPolicy, question: Question, decision: Decision): readonly Assignment[] {
  const found = reaches(policy, question);
  if (decision.effect === "deny" || typeof found === "string") return [];
  return found.filter((reach) => tookPart(reach, decision, question)).map(({ assignment }) => assignment);
}

function tookPart({ assignment }: Reach, decision: Extract<Decision, { effect: "allow" }>, { place }: Question): boolean {
  if (place.kind === "deployment") return isDeploymentWide(assignment);
  return decision.sites.some((site) => isSiteRef(site) && coversSite(assignment, site));
}
