import { ListApprovalsInput, ListApprovalsOutput } from "@sallyport/contracts";
import type { DecidableKind, Grant } from "@sallyport/policy";
import { siteKey } from "@sallyport/policy";
import { actOf, type AnyAct, approvalActs } from "../../approvals/registry.ts";
import { approvalSummary } from "../../approvals/summary.ts";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

const DECIDE = { action: "approval.decide", resource: "approval" } as const;

/** Which kinds the caller may decide, and where. */
function decidableBy<Tx>(acts: Readonly<Record<string, AnyAct<Tx>>>, grant: Grant, may: Crossing<unknown, unknown>["may"]): readonly DecidableKind[] {
  return Object.values(acts).map(({ kind, approve }) => ({
    kind,
    deployment: may(DECIDE, { kind: "deployment" }) && may(approve, { kind: "deployment" }),
    sites: grant.sites.filter((site) => may(DECIDE, { kind: "one", site }) && may(approve, { kind: "one", site })).map(siteKey),
  }));
}

/** What the caller asked for, and what they may decide; newest first. */
export const listApprovals = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  return boundary.read(
    { action: "approval.read", resource: "approval", input: ListApprovalsInput, output: ListApprovalsOutput, locate: () => locateSites(deps, {}) },
    async ({ input: { show, cursor, limit }, grant, trace, may }) => {
      const { cursor: key } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: "approvals.list", filter: { show } };
      const after = cursor === undefined ? undefined : openCursor(key, scope, cursor);
      const nowMs = deps.now();
      const page = await deps.approvals.list(grant, { show, person: grant.person, decidable: decidableBy(acts, grant, may), nowMs, after, limit });
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
