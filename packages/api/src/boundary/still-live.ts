import { SallyportError } from "@sallyport/errors";
import { actOf, decideAct, type Grant, type Place, siteKey } from "@sallyport/policy";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import { type Caller, callerNow, livePrincipal, momentOf } from "./authenticate.ts";
import { granted, type Rule } from "./decide-crossing.ts";
import { failureOf } from "./failure.ts";

/** A decision that something long rests on, to be made again while it lasts. */
export interface Standing {
  readonly rule: Pick<Rule, "action" | "resource" | "whenFrozen">;
  readonly place: Place;
  readonly subject?: string | undefined;
  readonly grant: Grant;
}

/** Asks whether the caller may do something else too, within the same crossing; null where not. The grant ends with the crossing. */
export type Reach = (rule: Pick<Rule, "action" | "resource">, place: Place) => Grant | null;

/** Makes a crossing's {@link Reach}; what it granted is put into `standing`, once, however often a watch asks. */
export const reachOf =
  <Tx>(deps: Pick<BoundaryDeps<Tx>, "policy" | "now">, caller: Caller, context: RequestContext, standing: Standing[]): Reach =>
  (rule, place) => {
    const { action, resource } = rule;
    const asked = JSON.stringify([action, resource, place]);
    const known = standing.find(({ rule: one, place: at }) => JSON.stringify([one.action, one.resource, at]) === asked);
    if (known !== undefined) return known.grant;
    const now = callerNow(caller, deps.policy.current());
    if (now === null) return null;
    const decision = decideAct(now.rights, actOf(action, resource), place, momentOf(now, deps.now()));
    if (decision.effect === "deny") return null;
    const grant = granted(now, context, rule, decision);
    standing.push({ rule: { ...rule, whenFrozen: "serve" }, place, grant });
    return grant;
  };

/**
 * Why a caller's long crossing has to end now, or null: its token has expired or was revoked, its principal may not act any more, its
 * session is over, or a decision that it rests on would come out narrower today. Never throws.
 */
export async function stillLive<Tx>(
  deps: Pick<BoundaryDeps<Tx>, "policy" | "sessions" | "now" | "isFrozen">,
  caller: Caller,
  standing: readonly Standing[],
): Promise<SallyportError | null> {
  try {
    const { claims } = caller;
    const nowMs = deps.now();
    if (claims.expS * 1000 <= nowMs) return new SallyportError("token.time");
    const state = deps.policy.current();
    const rights = state.compiled.rights(livePrincipal(state, claims), caller.scope);
    // What a page watches by itself is no activity of its person.
    if (caller.session !== null) await deps.sessions.require(claims.jti, true);
    for (const { rule, place, subject = null, grant } of standing) {
      if (rule.whenFrozen !== "serve" && deps.isFrozen()) return new SallyportError("trail.frozen");
      const decision = decideAct(rights, actOf(rule.action, rule.resource), place, momentOf(caller, nowMs, subject));
      if (decision.effect === "deny") return new SallyportError("policy.denied");
      const sites = new Set<string>(decision.sites.map(siteKey));
      if (grant.siteKeys().some((site) => !sites.has(site))) return new SallyportError("policy.denied");
    }
    return null;
  } catch (error) {
    return failureOf(error);
  }
}
