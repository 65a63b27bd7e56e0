import { type KnockCounter, type PolicyDesk, scopeOf, type Trail } from "@sallyport/api";
import { TokenInput } from "@sallyport/contracts";
import type { Custodian } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import type { ServiceStore } from "@sallyport/policy";
import type { Route } from "./listener.ts";

const DEADLINE_MS = 1500;

/**
 * `POST /token`: a service that proved its workload gets a short token bound to its certificate, for its roles' actions or for the
 * fewer that it asks for. On record before it leaves; a workload that belongs to nobody is counted and learns nothing.
 */
export const tokenRoute =
  <Tx>(deps: {
    readonly policy: PolicyDesk;
    readonly custodian: Pick<Custodian, "mint">;
    readonly trail: Trail<Tx>;
    readonly knocks: KnockCounter;
    readonly services: Pick<ServiceStore<Tx>, "saw">;
    readonly now: () => number;
  }): Route =>
  async (peer, body, requestId) => {
    const asked = TokenInput.safeParse(body ?? {});
    if (!asked.success) throw new SallyportError("input.invalid");
    const state = deps.policy.current();
    const principal = state.byWorkload.get(peer.spiffe);
    if (principal === undefined || principal.status !== "active") {
      deps.knocks.count("api", "token.revoked");
      throw new SallyportError("token.revoked");
    }
    const record = {
      chain: "system",
      principal: principal.id,
      role: "-",
      workload: peer.spiffe,
      action: "token.mint",
      resource: "token",
      site: "-",
      request_id: requestId,
      policy: state.tag,
    };
    const scope = scopeOf(principal, state.compiled.document.grants, asked.data.scope);
    if (scope === "") {
      // Its roles allow nothing, or nothing of what it asked for: a token for nothing isn't made.
      await deps.trail.append({ ...record, decision: "deny", reason: "policy.denied", detail: "" });
      throw new SallyportError("policy.denied");
    }
    const minted = await deps.custodian.mint({ sub: principal.id, scope, azp: peer.spiffe, x5t: peer.x5t }, DEADLINE_MS);
    // For people to look at; a token doesn't wait for it.
    void deps.services.saw(principal.id, { serial: peer.serial, notAfterMs: peer.notAfterMs, atMs: deps.now() }).catch(() => undefined);
    await deps.trail.append({ ...record, decision: "allow", reason: "allowed", detail: `jti=${minted.jti};exp=${minted.expS}` });
    return { status: 200, body: { token: minted.token, expiresAt: new Date(minted.expS * 1000).toISOString() } };
  };
