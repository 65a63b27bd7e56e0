import { chainOf } from "@sallyport/audit";
import { type ApprovalRow, type Grant, whoCan } from "@sallyport/policy";
import { placeFor } from "../approvals/decision.ts";
import type { AnyAct } from "../approvals/registry.ts";
import type { ApiDeps } from "../ports.ts";

/** Tells those who may decide on a request that it waits, by their own rights as they are now: not who asked, nor whom it is about. */
export async function tellDeciders<Tx>(deps: Pick<ApiDeps<Tx>, "alerts" | "policy">, tx: Tx, grant: Grant, row: ApprovalRow, act: AnyAct<Tx>): Promise<void> {
  const place = placeFor(act, row, grant);
  const { compiled, principals } = deps.policy.current();
  const nowMs = row.requestedAtMs;
  const deciding = new Set(whoCan(compiled, principals.values(), { action: "approval.decide", resource: "approval", place, nowMs }).map(({ principal }) => principal));
  const approving = whoCan(compiled, principals.values(), { ...act.approve, place, nowMs });
  const people = approving.flatMap(({ principal }) => {
    const person = deciding.has(principal) ? principals.get(principal)?.person : undefined;
    return person === undefined || person === row.requestedByPerson || person === row.concerns ? [] : [person];
  });
  await deps.alerts.raise(tx, {
    key: `approval.requested:${row.id}`,
    kind: "approval.requested",
    chain: row.site === null ? "system" : chainOf(row.site),
    about: `approval/${row.id}`,
    facts: { act: row.kind, person: row.requestedByPerson, needed: row.needed, until: new Date(row.expiresAtMs).toISOString() },
    atMs: nowMs,
    people,
  });
}
