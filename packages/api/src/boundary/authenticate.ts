import type { AccessClaims } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { LivePrincipal } from "@sallyport/policy";
import type { PolicyState } from "../policy-desk.ts";
import type { BoundaryDeps, RequestContext } from "../ports.ts";

/** A caller whose workload and principal are both proven, with the policy that holds for this one crossing. */
export interface Caller {
  readonly principal: LivePrincipal;
  readonly claims: AccessClaims;
  readonly workload: string;
  readonly state: PolicyState;
}

/** The workloads that may carry a token to a procedure: services, each its own, and the console, for people. */
const mayCarry = (spiffe: string): boolean => /^spiffe:\/\/[a-z0-9.-]+\/(?:service\/[a-z0-9-]+|zone\/edge\/console)$/.test(spiffe);

/**
 * The first two pillars. Throws `workload.not_allowed`, `token.*`, or `policy.*` where the principal can't be looked up.
 * The token says who; whether that principal still may act is asked of our own records each time.
 */
export function authenticate<Tx>(deps: Pick<BoundaryDeps<Tx>, "tokens" | "policy">, context: RequestContext): Caller {
  const { peer } = context;
  if (!mayCarry(peer.spiffe)) throw new SallyportError("workload.not_allowed");
  const claims = deps.tokens.verify(context.authorization, peer);
  const state = deps.policy.current();
  const principal = state.principals.get(claims.sub);
  if (principal === undefined || principal.status !== "active") throw new SallyportError("token.revoked");
  if (claims.iatS < principal.tokensFromS || state.revokedTokens.has(claims.jti)) throw new SallyportError("token.revoked");
  // A service's token is good in the service's own hands only, whatever certificate it was bound to.
  if (principal.kind === "service" && principal.workload !== peer.spiffe) throw new SallyportError("token.binding");
  return { principal, claims, workload: peer.spiffe, state };
}
