import { DecideApprovalInput, DecideApprovalOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { afterVote, type ApprovalRow, type Grant, type Verdict } from "@sallyport/policy";
import type { z } from "zod";
import { assertEffect, assertProven, assertVote, verifiedDigest } from "../../approvals/decision.ts";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { actOf, type AnyAct, approvalActs } from "../../approvals/registry.ts";
import { approvalSummary } from "../../approvals/summary.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { Detail } from "../../boundary/trace.ts";
import { DIGEST_SHOWN, tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { type SealedReason, sealReason } from "../../sealed-reason.ts";

interface Voted {
  readonly verdict: Verdict;
  readonly proof: "passkey" | "server-attested" | null;
  readonly note: string | null;
  readonly reason: SealedReason;
}

/** An approval comes with a proof, a rejection without: an assertion over the statement would approve it, whatever it was made for. */
function proofOf({ verdict, proof }: z.output<typeof DecideApprovalInput>): NonNullable<typeof proof> | null {
  if ((verdict === "approve") !== (proof !== null)) throw new SallyportError("input.invalid", { where: ["proof: for an approval, and for nothing else"] });
  return proof;
}

/**
 * A second person's verdict over exactly what they were shown. The vote, what it leads to, and the records commit together: with the last
 * approval that is needed, the act is done in the same transaction.
 */
export const decideApproval = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  const known = (row: ApprovalRow | null): { readonly row: ApprovalRow; readonly act: AnyAct<Tx> } => {
    const act = row === null ? null : actOf(acts, row.kind);
    if (row === null || act === null) throw new SallyportError("policy.denied");
    return { row, act };
  };
  return boundary.change(
    {
      action: "approval.decide",
      resource: "approval",
      whenFrozen: "serve",
      input: DecideApprovalInput,
      output: DecideApprovalOutput,
      evidence: true,
      locate: ({ approvalId }, trace) => locateApproval(deps, acts, approvalId, trace, ({ act }) => ({ also: act.approve })),
    },
    {
      prepare: async ({ input, grant, trace }): Promise<Voted> => {
        const { verdict } = input;
        const { row, act } = known(await deps.approvals.get(grant, input.approvalId));
        assertVote(deps, row, { person: grant.person, digest: input.digest });
        const proof = proofOf(input);
        if (act.onlyBy !== null && proof?.kind === "password") throw new SallyportError("approval.passkey");
        // Before anybody's proof is used up: the custodian keeps what it verified, and that should be an approval of what can be done.
        if (proof !== null) await deps.read((tx) => assertEffect(deps, tx, grant, act, row));
        const proven = proof === null ? { proof: null, note: null } : await deps.stepUp.verify(grant.person, proof, row.statement);
        if (act.onlyBy !== null && proof !== null) assertProven(proven.note);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ verdict, proof: proven.proof ?? "-", digest: row.digest, commitment: reason.commitment });
        return { verdict, ...proven, reason };
      },
      commit: async (tx, { input, grant, trace, may }, voted) => {
        const { row, act } = known(await deps.approvals.lock(tx, grant, input.approvalId));
        assertVote(deps, row, { person: grant.person, digest: input.digest });
        if (voted.verdict === "approve") await assertEffect(deps, tx, grant, act, row);
        // After what the effect locks: whoever was stopped while this was under way votes no more.
        const voter = await deps.people.people.lock(tx, grant.person);
        if (voter?.status !== "active" || (await deps.people.people.isStopped(tx, grant.person, deps.now()))) throw new SallyportError("policy.denied");
        const nowMs = deps.now();
        const { verdict, proof, note, reason } = voted;
        await deps.changes.insert(tx, reason);
        await deps.approvals.vote(tx, grant, row.id, { person: grant.person, verdict, proof, note, reason: reason.id, atMs: nowMs });
        await tellOwnAct(deps, tx, {
          kind: "approval.decided",
          person: grant.person,
          act: `${verdict} ${row.kind}`,
          about: `approval/${row.id}`,
          method: input.proof?.kind ?? "none",
          request: grant.requestId,
          site: row.site,
          facts: { digest: row.digest.slice(0, DIGEST_SHOWN), asked_by: row.requestedByPerson },
        });
        const to = afterVote(row, { person: grant.person, verdict });
        const settled = to === "requested" ? row : { ...row, ...(await settle(tx, grant, { act, row, voted, to, nowMs }, (detail) => trace.note(detail))) };
        const { printedName } = voter;
        const votes = [...row.votes, { person: grant.person, printedName, principal: grant.principal, verdict, proof, note, reason: reason.id, atMs: nowMs }];
        return { approval: approvalSummary({ ...settled, votes }, act, { person: grant.person, may, nowMs }) };
      },
    },
  );

  /** What the last vote leads to: the act is done now, or is its requester's to use, or is turned down. */
  async function settle(
    tx: Tx,
    grant: Grant,
    { act, row, voted, to, nowMs }: { readonly act: AnyAct<Tx>; readonly row: ApprovalRow; readonly voted: Voted; readonly to: "approved" | "rejected"; readonly nowMs: number },
    note: (detail: Detail) => void,
  ): Promise<Pick<ApprovalRow, "state" | "usableUntilMs">> {
    const usableUntilMs = to === "approved" && act.usableForMs !== null ? nowMs + act.usableForMs : null;
    const state = to === "approved" && act.perform !== null ? "done" : to;
    if (to === "approved" && act.perform !== null) {
      const { id, digest, statement, votes, requestedByPerson, reason } = row;
      note(
        await act.perform(tx, act.payloadOf(row), {
          id,
          requestedByPerson,
          approvedBy: grant.principal,
          reason,
          statement,
          verifiedDigest: verifiedDigest({ digest, votes: [...votes, voted] }),
        }),
      );
    }
    await deps.approvals.settle(tx, grant, row.id, { from: "requested", to: state, atMs: nowMs, ...(usableUntilMs !== null && { usableUntilMs }) });
    note({ state });
    return { state, usableUntilMs };
  }
};
