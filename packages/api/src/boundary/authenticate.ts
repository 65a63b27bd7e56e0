import type { AccessClaims } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Session } from "@sallyport/people";
import { type LivePrincipal, type Moment, type Rights, TokenScope } from "@sallyport/policy";
import { carriesPeople, mayReach } from "@sallyport/zones";
import type { SessionGate } from "../people/session-desk.ts";
import type { PolicyState } from "../policy-desk.ts";
import type { BoundaryDeps, Peer, RequestContext } from "../ports.ts";

/** A caller whose workload and principal are both proven, with the policy that holds for this one crossing. */
export interface Caller {
  readonly principal: LivePrincipal;
  readonly claims: AccessClaims;
  /** What the token may be used for at most. */
  readonly scope: TokenScope;
  /** What the principal may do with this token under this policy: each decision of the crossing is asked of it. */
  readonly rights: Rights;
  readonly workload: string;
  readonly state: PolicyState;
  /** The person's session; null for a service. */
  readonly session: Session | null;
}

/**
 * The first two pillars. Throws `workload.not_allowed`, `token.*`, `session.*`, or `policy.*` where the principal can't be looked up.
 * The token says who; whether that principal still may act, and a person's session still lasts, is asked of our own records each time.
 */
export async function authenticate<Tx>(deps: Pick<BoundaryDeps<Tx>, "tokens" | "policy" | "sessions">, context: RequestContext): Promise<Caller> {
  const { peer } = context;
  if (!mayReach(peer.spiffe, "api")) throw new SallyportError("workload.not_allowed");
  const claims = deps.tokens.verify(context.authorization, peer);
  const state = deps.policy.current();
  const principal = livePrincipal(state, claims);
  const scope = new TokenScope(claims.scope);
  const rights = state.compiled.rights(principal, scope);
  if (principal.kind === "person") {
    const session = await sessionOf(deps.sessions, principal, claims.jti, peer, context.isBackground);
    return { principal, claims, scope, rights, workload: peer.spiffe, state, session };
  }
  // A service's token is good in the service's own hands only, whatever certificate it was bound to.
  if (principal.workload !== peer.spiffe) throw new SallyportError("token.binding");
  return { principal, claims, scope, rights, workload: peer.spiffe, state, session: null };
}

/** The principal of a token, as our own records have it now. Throws `token.revoked` where it may not act, or this token of it no longer. */
export function livePrincipal({ principals, revokedTokens }: PolicyState, { sub, iatS, jti }: Pick<AccessClaims, "sub" | "iatS" | "jti">): LivePrincipal {
  const principal = principals.get(sub);
  if (principal === undefined || principal.status !== "active") throw new SallyportError("token.revoked");
  if (iatS < principal.tokensFromS || revokedTokens.has(jti)) throw new SallyportError("token.revoked");
  return principal;
}

/** A caller as things stand now, by the policy and the principal that are in force; null where the principal is gone. */
export function callerNow(caller: Caller, state: PolicyState): Caller | null {
  const principal = state.principals.get(caller.claims.sub);
  return principal === undefined ? null : { ...caller, state, principal, rights: state.compiled.rights(principal, caller.scope) };
}

/** What a decision asks beside who, what and where: the time, how the person signed in, and the one subject that it is about. */
export const momentOf = ({ session }: Pick<Caller, "session">, nowMs: number, subject: string | null = null): Moment => ({
  nowMs,
  signedInBy: session?.method ?? null,
  subject,
});

/** A person's token is good in a live session of theirs, at the workload where they signed in: no service lends its hands. */
async function sessionOf(sessions: SessionGate, principal: LivePrincipal, jti: string, peer: Peer, isBackground: boolean): Promise<Session> {
  if (carriesPeople(peer.spiffe) === null) throw new SallyportError("token.binding");
  const session = await sessions.require(jti, isBackground);
  if (session.principal !== principal.id || session.workload !== peer.spiffe) throw new SallyportError("token.binding");
  return session;
}
