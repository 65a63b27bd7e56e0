import type { CompiledPolicy } from "./compile.ts";
import { joinFields, NO_FIELDS } from "./field-rule.ts";
import type { Assignment, Decision, FieldRule, GrantRule, Question, SiteRef } from "./model.ts";
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
  let found: Reach[] | null = null;
  let isAnyInForce = false;
  let isKnown = false;
  let isConditional = false;
  for (const assignment of principal.assignments) {
    if (!isInForce(assignment, nowMs)) continue;
    isAnyInForce = true;
    const column = policy.column(assignment.role);
    if (column === undefined) continue;
    isKnown = true;
    const rule = policy.ruleAt(cell, column);
    if (rule === null) continue;
    if (rule.conditions === undefined || rule.conditions.signedInBy === question.signedInBy) (found ??= []).push({ assignment, rule });
    else isConditional = true;
  }
  if (found !== null) return found;
  if (isConditional) return "condition";
  return isKnown || !isAnyInForce ? "no_rule" : "unknown_role";
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
  if (assignment.study !== study || (assignment.site !== "*" && assignment.site !== site)) return false;
  return isSiteToken(assignment.study);
}

/** Joins the rules of those reaches that hold; null where none does. Rules stand in the document's order, each once. */
export function joinReaches(policy: CompiledPolicy, found: readonly Reach[]): Joined | null {
  const [first] = found;
  if (first === undefined) return null;
  if (found.length === 1) return { rules: [first.rule], fields: first.rule.fields ?? NO_FIELDS };
  const rules = policy.inOrder(found.map(({ rule }) => rule));
  return { rules, fields: rules.map(({ fields }) => fields ?? NO_FIELDS).reduce(joinFields) };
}
