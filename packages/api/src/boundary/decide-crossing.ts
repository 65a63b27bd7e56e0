import { SallyportError } from "@sallyport/errors";
import { type Act, type Action, actOf, decideAct, type Decision, Grant, type Place, type ResourceType, separated, filterFor } from "@sallyport/policy";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import { type Caller, momentOf } from "./authenticate.ts";
import { assertNotStopped, stoppedBy } from "./quarantine.ts";
import type { Trace } from "./trace.ts";

/** Who did the first of two acts that one person may not both do; null where nobody did yet. */
interface EarlierAct {
  readonly action: Action;
  readonly person: string;
}

/** What may be done to what. */
export interface Right {
  readonly action: Action;
  readonly resource: ResourceType;
}

/** Where the resource belongs, what was found on the way, and who acted on it before. */
export interface Located<Found> {
  readonly place: Place;
  readonly found: Found;
  readonly earlier?: EarlierAct;
  /** The one subject that the place is of; an emergency is for one alone. */
  readonly subject?: string;
  /** A second right that the caller needs at the same place; `unless` is the person who needs none, because the resource is theirs. */
  readonly also?: Right & { readonly unless?: string };
  /** The one person whose it is. To everybody else it is as if it weren't there. */
  readonly whose?: string;
  /** The one principal whose it is: another account of the same person is a stranger too. */
  readonly ownedBy?: string;
  /** Where the caller's own input names what isn't theirs to name, for a denial to say; places, never values, and the same whether it is another's or nobody's. */
  readonly where?: readonly string[];
}

export interface Rule extends Right {
  /** Whether this goes on after a frozen start: incidents, verifying and exporting do, the rest stops. */
  readonly whenFrozen?: "serve";
}

/** Refuses a caller who may do this nowhere, before anything of the input is worked on. Throws `policy.denied`. */
export function assertReaches<Tx>(deps: Pick<BoundaryDeps<Tx>, "now">, act: Act | null, caller: Caller, trace: Trace): void {
  const reach = filterFor(caller.rights, act, momentOf(caller, deps.now()));
  if (reach.effect === "allow") return;
  trace.denial = reach.reason;
  throw new SallyportError("policy.denied");
}

/** Whether the caller has another right at a place: for what a list or a summary says, and for what a crossing needs beside its own. */
export const mayAlso = <Tx>(deps: Pick<BoundaryDeps<Tx>, "now">, caller: Caller, { action, resource }: Right, place: Place): boolean =>
  decideAct(caller.rights, actOf(action, resource), place, momentOf(caller, deps.now())).effect === "allow";

/**
 * The third pillar. Yields a grant, or throws `policy.denied`, `policy.separation`, `trail.frozen`, or, for an act, `trail.quarantined`.
 * "Not there" and "not yours" come out of the same line, so a caller can't tell them apart.
 */
export function decideCrossing<Tx, Found>(
  deps: BoundaryDeps<Tx>,
  { rule, act, isAct }: { readonly rule: Rule; readonly act: Act | null; readonly isAct: boolean },
  caller: Caller,
  context: RequestContext,
  trace: Trace,
  located: Located<Found>,
): Grant {
  if (rule.whenFrozen !== "serve" && deps.isFrozen()) throw new SallyportError("trail.frozen");
  const { principal, state } = caller;
  const { action } = rule;
  const decision = decideAct(caller.rights, act, located.place, momentOf(caller, deps.now(), located.subject));
  if (decision.effect === "deny") {
    trace.denial = decision.reason;
    throw new SallyportError("policy.denied", located.where === undefined || located.where.length === 0 ? {} : { where: [...located.where] });
  }
  const { also, whose, ownedBy } = located;
  if ((whose !== undefined && whose !== principal.person) || (ownedBy !== undefined && ownedBy !== principal.id)) {
    trace.denial = "not_theirs";
    throw new SallyportError("policy.denied");
  }
  if (also !== undefined && also.unless !== principal.person && !mayAlso(deps, caller, also, located.place)) {
    trace.denial = "no_second_right";
    throw new SallyportError("policy.denied");
  }
  const incident = isAct ? stoppedBy(deps.incidentOf, action, decision.sites) : null;
  if (incident !== null) trace.note({ incident: incident.id, chain: incident.chain });
  assertNotStopped(incident);
  const { earlier } = located;
  if (earlier !== undefined && separated(state.compiled, { first: earlier, second: { action, person: principal.person } })) {
    throw new SallyportError("policy.separation");
  }
  const grant = granted(caller, context, rule, decision);
  trace.allowed(grant);
  return grant;
}

/** The one place where a decision becomes a grant, in the words that the record will have. */
export function granted({ principal, workload, state }: Caller, context: RequestContext, { action, resource }: Right, decision: Extract<Decision, { effect: "allow" }>): Grant {
  return Grant.issue({ principal: principal.id, person: principal.person, workload, action, resource, requestId: context.requestId, policy: state.tag }, decision);
}
