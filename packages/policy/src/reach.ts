import type { CompiledPolicy } from "./compile.ts";
import { joinFields, NO_FIELDS } from "./field-rule.ts";
import type { Action, Assignment, Decision, FieldRule, GrantRule, LivePrincipal, Question, ResourceType, SiteRef } from "./model.ts";
import { isSiteToken } from "./site-token.ts";

/** Everything that a question asks but where. */
export type PlacelessQuestion = Omit<Question, "place">;

/** An assignment in force and the rule that its role has for what is asked. */
export interface Reach {
  readonly assignment: Assignment;
  readonly rule: GrantRule;
}

/** The rules that one or more assignments bring to bear on a site, joined. */
export interface Joined {
  readonly rules: readonly GrantRule[];
  readonly fields: FieldRule;
}

type Denial = Extract<Decision, { effect: "deny" }>["reason"];

/**
 * Which of a principal's assignments may do what is asked, wherever they hold; or why none may.
 * Nothing here depends on a place, so a single check and a filter for lists rest on the same answer.
 */
export function reaches(policy: CompiledPolicy, question: PlacelessQuestion): readonly Reach[] | Denial {
  const { principal, action, resource, scope, nowMs } = question;
  if (principal.status !== "active") return "principal_suspended";
  if (!scope.has(action)) return "not_in_scope";
  const cell = policy.cell(action, resource);
  if (cell === null) return "no_rule";
  const found: Reach[] = [];
  let isKnown = false;
  let isConditional = false;
  for (const assignment of principal.assignments) {
    if (!isInForce(assignment, nowMs)) continue;
    isKnown ||= policy.knowsRole(assignment.role);
    const rule = policy.ruleAt(cell, assignment.role);
    if (rule === null) continue;
    if (rule.conditions === undefined || rule.conditions.signedInBy === question.signedInBy) found.push({ assignment, rule });
    else isConditional = true;
  }
  if (found.length > 0) return found;
  if (isConditional) return "condition";
  return isKnown || !hasAssignmentInForce(principal, nowMs) ? "no_rule" : "unknown_role";
}

/** Whether an assignment holds at this time: from inclusive, until exclusive. A window that is not made of finite numbers never holds. */
export function isInForce({ fromMs, untilMs }: Assignment, nowMs: number): boolean {
  if (!Number.isFinite(fromMs) || !(fromMs <= nowMs)) return false;
  return untilMs === null || (Number.isFinite(untilMs) && nowMs < untilMs);
}

/** Whether an assignment is held over the whole deployment. */
export const isDeploymentWide = ({ study, site }: Assignment): boolean => study === "*" && site === "*";

/** Whether an assignment reaches a site. `*` as a study without `*` as a site is no assignment at all. */
export function coversSite(assignment: Assignment, { study, site }: SiteRef): boolean {
  if (isDeploymentWide(assignment)) return true;
  if (!isSiteToken(assignment.study) || assignment.study !== study) return false;
  return assignment.site === "*" || assignment.site === site;
}

/** Joins the rules of those reaches that hold; null where none does. Rules stand in the document's order, each once. */
export function joinReaches(policy: CompiledPolicy, found: readonly Reach[]): Joined | null {
  const [first] = found;
  if (first === undefined) return null;
  if (found.length === 1) return { rules: [first.rule], fields: first.rule.fields ?? NO_FIELDS };
  const rules = policy.inOrder(found.map(({ rule }) => rule));
  return { rules, fields: rules.map(({ fields }) => fields ?? NO_FIELDS).reduce(joinFields) };
}

/** The words of what would be needed, for those who may see explanations. */
export function neededFor(policy: CompiledPolicy, action: Action, resource: ResourceType, where: string): string {
  const roles = policy.rolesInWords(action, resource);
  return roles === null ? `no role may ${action} ${resource}` : `${roles} ${where}`;
}

const hasAssignmentInForce = (principal: LivePrincipal, nowMs: number): boolean => principal.assignments.some((assignment) => isInForce(assignment, nowMs));
