import { ApprovalOutput, WithdrawApprovalInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { stateAt } from "@sallyport/policy";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { actOf, approvalActs } from "../../approvals/registry.ts";
import { approvalSummary } from "../../approvals/summary.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";

/** Takes an open request back, by the person who made it. */
export const withdrawApproval = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  return boundary.change(
    {
      action: "approval.withdraw",
      resource: "approval",
      whenFrozen: "serve",
      input: WithdrawApprovalInput,
      output: ApprovalOutput,
      recorded: "once",
      locate: ({ approvalId }, trace, reach) =>
        locateApproval(deps, acts, approvalId, trace, ({ requestedByPerson }) => ({ whose: requestedByPerson }), {
          reach,
          right: { action: "approval.withdraw", resource: "approval" },
        }),
    },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { approvalId }, grant, may }, reason) => {
        const row = await deps.approvals.lock(tx, grant, approvalId);
        const act = row === null ? null : actOf(acts, row.kind);
        if (row === null || act === null) throw new SallyportError("policy.denied");
        const nowMs = deps.now();
        if (stateAt(row, nowMs) !== "requested") throw new SallyportError("approval.state");
        await deps.changes.insert(tx, reason);
        await deps.approvals.settle(tx, grant, approvalId, { from: "requested", to: "withdrawn", atMs: nowMs });
        return { approval: approvalSummary({ ...row, state: "withdrawn" }, act, { person: grant.person, may, nowMs }) };
      },
    },
  );
};
