import { ListApprovalsInput, ListApprovalsOutput } from "@sallyport/contracts";
import { decidableKinds } from "../../approvals/decidable.ts";
import { actOf, approvalActs } from "../../approvals/registry.ts";
import { approvalSummary } from "../../approvals/summary.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** What the caller asked for, and what they may decide; newest first. */
export const listApprovals = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  return boundary.read(
    { action: "approval.read", resource: "approval", input: ListApprovalsInput, output: ListApprovalsOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    async ({ input: { show, kind, cursor, limit }, grant, trace, may }) => {
      const { cursor: key } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: "approvals.list", filter: { show, ...(kind !== undefined && { kind }) } };
      const after = cursor === undefined ? undefined : openCursor(key, scope, cursor);
      const nowMs = deps.now();
      const decidable = await decidableKinds(deps, acts, grant.sites, may);
      const page = await deps.approvals.list(grant, { show, kind, person: grant.person, decidable, nowMs, after, limit });
      const last = page.items.at(-1);
      trace.note({ shown: page.items.length, waiting: page.waiting });
      return {
        items: page.items.flatMap((row) => {
          const act = actOf(acts, row.kind);
          return act === null ? [] : [approvalSummary(row, act, { person: grant.person, may, nowMs })];
        }),
        waiting: page.waiting,
        next: last !== undefined && page.items.length === limit ? sealCursor(key, scope, last.id) : null,
      };
    },
  );
};
