import { type Act, actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { joinFields, NO_FIELDS } from "./field-rule.ts";
import type { Assignment, Decision, FieldRule, GrantRule, Question } from "./model.ts";
import { type Extent, isInForce, type Moment, momentOf, type Rights } from "./rights.ts";

/** Everything that a question asks but where. */
export type PlacelessQuestion = Omit<Question, "place">;

/** An assignment in force and the rule that its role has for what is asked. */
export interface Reach {
  readonly assignment: Assignment;
  readonly extent: Extent;
  readonly rule: GrantRule;
}

/** The rules that one or more assignments bring to bear on a site, joined. */
export interface Joined {
  readonly rules: readonly GrantRule[];
  readonly fields: FieldRule;
}

type Reason = Extract<Decision, { effect: "deny" }>["reason"];

/** Why a principal may never do what is asked with this token, wherever and whenever; null where an assignment has a rule for it. */
export function whyNever({ principal, scope, held }: Rights, act: Act | null): Reason | null {
  if (principal.status !== "active") return "principal_suspended";
  if (act === null) return "no_rule";
  if (!scope.names(act)) return "not_in_scope";
  // Where a role is unknown to the policy, that may be the reason.
  return held.acts.has(act) || held.unknown.length > 0 ? null : "no_rule";
}

/** Why none of a principal's assignments may do what is asked now, wherever; null where one may. Nothing here depends on a place. */
export function whyNowhere(rights: Rights, act: Act | null, moment: Moment): Reason | null {
  const never = whyNever(rights, act);
  if (act === null || never !== null) return never ?? "no_rule";
  const { held } = rights;
  return held.all.some((holding) => holding.ruleNow(act, moment) !== null) ? null : whyNotNow(held, act, moment);
}

/** Why no rule may be used now: one there is, but what it asks for isn't met; or whatever is in force has a role that the policy doesn't know. */
export function whyNotNow({ all, unknown }: Rights["held"], act: Act, { nowMs }: Moment): Reason {
  const inForce = all.filter(({ assignment }) => isInForce(assignment, nowMs));
  if (inForce.some((holding) => holding.ruleFor(act) !== null)) return "condition";
  return inForce.length > 0 && inForce.every(({ assignment }) => unknown.includes(assignment)) ? "unknown_role" : "no_rule";
}

/** The assignments by which something may be done now, wherever they hold, in the principal's order. */
export function reachesOf({ held }: Rights, act: Act, moment: Moment): readonly Reach[] {
  const found: Reach[] = [];
  for (const holding of held.all) {
    const rule = holding.ruleNow(act, moment);
    if (rule !== null) found.push({ assignment: holding.assignment, extent: holding.extent, rule });
  }
  return found;
}

/**
 * Which of a principal's assignments may do what is asked, wherever they hold; or why none may.
 * Nothing here depends on a place, so a single check and a filter for lists rest on the same answer.
 */
export function reaches(policy: CompiledPolicy, question: PlacelessQuestion): readonly Reach[] | Reason {
  const rights = policy.rights(question.principal, question.scope);
  const act = actOf(question.action, question.resource);
  const moment = momentOf(question);
  const reason = whyNowhere(rights, act, moment);
  if (reason !== null) return reason;
  return act === null ? "no_rule" : reachesOf(rights, act, moment);
}

/** Joins the rules of those reaches that hold; null where none does. Rules stand in the document's order, each once. */
export function joinReaches(policy: CompiledPolicy, found: readonly Reach[]): Joined | null {
  const [first] = found;
  if (first === undefined) return null;
  if (found.length === 1) return { rules: [first.rule], fields: first.rule.fields ?? NO_FIELDS };
  const rules = policy.inOrder(found.map(({ rule }) => rule));
  return { rules, fields: rules.map(({ fields }) => fields ?? NO_FIELDS).reduce(joinFields) };
}
