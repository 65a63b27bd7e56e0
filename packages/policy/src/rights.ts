import { type Act, ACTS_COUNT, ActSet } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { NO_FIELDS } from "./field-rule.ts";
import type { Assignment, Decision, GrantRule, LivePrincipal, Question, SiteRef } from "./model.ts";
import type { TokenScope } from "./token-scope.ts";
import { isSiteRef, isSiteToken } from "./site-token.ts";

type Allow = Extract<Decision, { effect: "allow" }>;

/** What else is asked, wherever it is: when, by whom as to signing in, and about whom. Each member always, so that whatever is asked looks the same to the compiler. */
export type Moment = Readonly<Required<Pick<Question, "nowMs" | "signedInBy" | "subject">>>;

/** What a question says of its moment. */
export const momentOf = ({ nowMs, signedInBy = null, subject = null }: Omit<Question, "place">): Moment => ({ nowMs, signedInBy, subject });

/** The rules of one role. */
export class RoleRules {
  /** By {@link Act.index}: where the rule stands among the document's grants, from one; 0 where there is none. */
  readonly byAct = new Uint16Array(ACTS_COUNT);
  /** The acts that have a rule. */
  readonly acts = new ActSet();
  /** Those whose rule asks for more than the role. */
  readonly conditional = new ActSet();

  set(act: Act, at: number, isConditional: boolean): void {
    this.byAct[act.index] = at;
    this.acts.add(act);
    if (isConditional) this.conditional.add(act);
  }
}

/** What a role has that the policy doesn't know. */
const NO_RULES = new RoleRules();

/**
 * One assignment as one policy reads it: which rules its role has. Nothing that is kept here depends on a time, a place or a way of
 * signing in; each decision asks those anew.
 */
export class Holding {
  readonly extent: Extent;
  readonly #rules: Readonly<Uint16Array>;
  readonly #conditional: ActSet;
  readonly assignment: Assignment;
  /** Copies of what each decision reads. An end of the window that is no finite number is NaN here, which no time is before or after. */
  readonly #study: string;
  readonly #site: string;
  readonly #fromMs: number;
  readonly #untilMs: number | null;
  readonly #grants: readonly GrantRule[];
  /** By {@link Act.index}, what its rule allows at the assignment's own site, once it was asked. */
  readonly #allows: (Allow | null | undefined)[] = [];

  /** Freezes the assignment: a later write throws, where it would otherwise leave the old answers standing. */
  constructor(assignment: Assignment, { byAct, conditional }: RoleRules, grants: readonly GrantRule[]) {
    this.assignment = Object.freeze(assignment);
    this.extent = extentOf(assignment);
    this.#rules = byAct;
    this.#conditional = conditional;
    this.#study = assignment.study;
    this.#site = assignment.site;
    this.#fromMs = finiteOrNaN(assignment.fromMs);
    this.#untilMs = assignment.untilMs === null ? null : finiteOrNaN(assignment.untilMs);
    this.#grants = grants;
  }

  /** The rule by which this assignment's role may do it, whether or not it may be used now; null where there is none. */
  ruleFor(act: Act): GrantRule | null {
    const at = this.#rules[act.index] ?? 0;
    return at === 0 ? null : (this.#grants[at - 1] ?? null);
  }

  /** The rule by which it may be done now: the assignment is in force, and what the rule asks for is met. */
  ruleNow(act: Act, moment: Moment): GrantRule | null {
    return this.mayNow(act, moment) ? this.ruleFor(act) : null;
  }

  /** Whether there is such a rule; few ask for anything, so it is seldom looked at. */
  mayNow(act: Act, { nowMs, signedInBy }: Moment): boolean {
    if ((this.#rules[act.index] ?? 0) === 0 || !(this.#fromMs <= nowMs) || !(this.#untilMs === null || nowMs < this.#untilMs)) return false;
    return !this.#conditional.has(act) || this.ruleFor(act)?.conditions?.signedInBy === signedInBy;
  }

  /** Whether the assignment reaches a site. */
  covers(place: SiteRef): boolean {
    return covers(this.extent, this.#study, this.#site, place);
  }

  /** What this assignment alone allows at its one site by its rule for an act, always the same object; null where it is held more widely, or nowhere. */
  allowAtOwnSite(act: Act): Allow | null {
    const known = this.#allows[act.index];
    if (known !== undefined) return known;
    const rule = this.ruleFor(act);
    const made = rule === null ? null : allowAtOwnSite(this.assignment, rule);
    this.#allows[act.index] = made;
    return made;
  }
}

/** A principal's assignments as one policy reads them. */
export class Holdings {
  /** In the principal's order. */
  readonly all: readonly Holding[];
  /** Those with a role that the policy doesn't know. */
  readonly unknown: readonly Assignment[];
  /** Every act that any of their roles has a rule for, whenever and wherever. */
  readonly acts = new ActSet();

  constructor(assignments: readonly Assignment[], roles: ReadonlyMap<string, RoleRules>, grants: readonly GrantRule[]) {
    this.all = assignments.map((assignment) => new Holding(assignment, roles.get(assignment.role) ?? NO_RULES, grants));
    this.unknown = assignments.filter(({ role }) => !roles.has(role));
    for (const { role } of assignments) {
      const rules = roles.get(role);
      if (rules !== undefined) this.acts.addAll(rules.acts);
    }
  }
}

/** One principal with one token under one policy: made once for whatever is asked with it. */
export interface Rights {
  readonly policy: CompiledPolicy;
  readonly principal: LivePrincipal;
  readonly scope: TokenScope;
  readonly held: Holdings;
}

/** Whether an assignment holds at this time: from inclusive, until exclusive. A window that is not made of finite numbers never holds. */
export function isInForce({ fromMs, untilMs }: Assignment, nowMs: number): boolean {
  if (!Number.isFinite(fromMs) || !(fromMs <= nowMs)) return false;
  return untilMs === null || (Number.isFinite(untilMs) && nowMs < untilMs);
}

const finiteOrNaN = (ms: number): number => (Number.isFinite(ms) ? ms : Number.NaN);

/** Whether an assignment is held over the whole deployment. */
export const isDeploymentWide = ({ study, site }: Assignment): boolean => study === "*" && site === "*";

/** How far an assignment reaches. `*` as a study without `*` as a site is no assignment at all, and neither is what isn't an id. */
export type Extent = "deployment" | "study" | "site" | "nothing";

export function extentOf(assignment: Assignment): Extent {
  if (isDeploymentWide(assignment)) return "deployment";
  if (!isSiteToken(assignment.study)) return "nothing";
  if (assignment.site === "*") return "study";
  return isSiteToken(assignment.site) ? "site" : "nothing";
}

/** Whether an assignment reaches a site. */
export const coversSite = (assignment: Assignment, place: SiteRef, extent = extentOf(assignment)): boolean => covers(extent, assignment.study, assignment.site, place);

/** Whether what is held so far, at this study and site, reaches a place. */
function covers(extent: Extent, study: string, site: string, place: SiteRef): boolean {
  switch (extent) {
    case "site":
      return site === place.site && study === place.study;
    case "study":
      return study === place.study;
    case "deployment":
      return true;
    case "nothing":
      return false;
  }
}

/** It answers every such question, so nothing of it can be written to. */
function allowAtOwnSite({ study, site }: Assignment, { id, role, fields = NO_FIELDS }: GrantRule): Allow | null {
  const own = Object.freeze({ study, site });
  if (!isSiteRef(own)) return null;
  for (const part of [fields, fields.readable, fields.masked]) Object.freeze(part);
  return Object.freeze({ effect: "allow", rule: id, role, sites: Object.freeze([own]), fields });
}
