import type { CompiledPolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import type { Assignment, Decision, Question } from "./model.ts";
import { coversSite, isDeploymentWide, type Reach, reaches } from "./reach.ts";
import { isSiteRef } from "./site-token.ts";

/** A decision with what it rested on. For the trace and for administrators, never for the caller that was refused. */
export interface Explanation {
  readonly decision: Decision;
  /** The assignments that took part in an allow, in the principal's order; empty for a denial. */
  readonly assignments: readonly Assignment[];
  /** The roles that may do what was asked, anywhere. */
  readonly rolesThatMay: readonly string[];
  /** What would be needed; empty for an allow. */
  readonly needed: string;
  /** The policy that decided: `v<version>:<first 16 hex of the digest>`. */
  readonly policy: string;
}

/** Explains a decision. The decision is {@link decide}'s own. */
export function explain(policy: CompiledPolicy, question: Question): Explanation {
  const decision = decide(policy, question);
  const found = reaches(policy, question);
  const assignments =
    decision.effect === "allow" && typeof found !== "string" ? found.filter((reach) => tookPart(reach, decision, question)).map(({ assignment }) => assignment) : [];
  return {
    decision,
    assignments,
    rolesThatMay: policy.rolesFor(question.action, question.resource),
    needed: decision.effect === "deny" ? decision.needed : "",
    policy: policy.label,
  };
}

function tookPart({ assignment }: Reach, decision: Extract<Decision, { effect: "allow" }>, { place }: Question): boolean {
  if (place.kind === "deployment") return isDeploymentWide(assignment);
  return decision.sites.some((site) => isSiteRef(site) && coversSite(assignment, site));
}
