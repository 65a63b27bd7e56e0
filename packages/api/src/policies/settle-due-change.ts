import { policyLabel } from "@sallyport/policy";
import { ADMINISTRATOR_ROLE, ADMINISTRATORS_MIN } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import { lockoutOf, policyOf } from "./policy-check.ts";

/**
 * Settles one approved policy whose date has come, on record in the same transaction: it takes effect, unless another version than its base is active by
 * now, or it would lock everybody out by now. False where nothing is due, or another node is at it.
 */
export function settleDueChange<Tx>(deps: Pick<ApiDeps<Tx>, "policy" | "policyVersions" | "people" | "trail" | "now">): Promise<boolean> {
  return deps.trail.inTransaction(async (tx, appendLast) => {
    const nowMs = deps.now();
    const administrators = await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs);
    const active = await deps.policyVersions.lockActive(tx);
    const due = await deps.policyVersions.lockDue(tx, nowMs);
    if (due === null) return false;
    const [before, after] = [policyOf(active.canonical), policyOf(due.canonical)];
    const isLockout = administrators.length < ADMINISTRATORS_MIN || lockoutOf(after, deps.policy.current().principals.values(), nowMs) !== null;
    const outcome = due.base !== active.version ? "superseded" : isLockout ? "refused" : "effective";
    await deps.policyVersions.settle(tx, due.version, outcome, nowMs);
    await appendLast([
      {
        chain: "system",
        principal: "api",
        role: "-",
        workload: "api",
        action: "role.change",
        resource: due.approval,
        site: "-",
        decision: "note",
        reason: outcome,
        request_id: "-",
        policy: policyLabel(before.document.version, before.digest),
        detail: `before=${before.label};beforeDigest=${before.digest};after=${after.label};afterDigest=${after.digest};proposal=${due.proposal}`,
      },
    ]);
    return true;
  });
}
