import type { ApprovalKind } from "@sallyport/contracts";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type ApprovalRow, type Grant, stateAt } from "@sallyport/policy";
import type { Trace } from "../boundary/trace.ts";
import type { StepUpProof } from "../people/ports.ts";
import { DIGEST_SHOWN, tellOwnAct } from "../notices/own-act.ts";
import type { ApiDeps } from "../ports.ts";
import { locateApproval } from "./locate-approval.ts";
import { type AnyAct, approvalActs } from "./registry.ts";

/** What is carried out by who asked for it. */
interface Asked {
  readonly approvalId: string;
  readonly proof: StepUpProof;
}

/**
 * How an approved request of a kind is carried out whose end is the custodian's: by who asked for it, with their own passkey over the same statement.
 * The custodian does it first, and says the same again where its answer was lost; the request is settled behind it.
 */
export function carryingOut<Tx>(deps: ApiDeps<Tx>, kind: ApprovalKind) {
  const acts = approvalActs(deps);
  const act: AnyAct<Tx> = acts[kind];
  const usable = (row: ApprovalRow | null): ApprovalRow => {
    if (row?.kind !== kind) throw new SallyportError("policy.denied");
    if (stateAt(row, deps.now()) !== "approved") throw new SallyportError("approval.state");
    return row;
  };
  return {
    act,
    locate: ({ approvalId }: Pick<Asked, "approvalId">, trace: Trace) => locateApproval(deps, acts, approvalId, trace, ({ requestedByPerson }) => ({ whose: requestedByPerson })),

    /**
     * Has the custodian do it. What it refuses is another thing by now than was approved, or rests on less than two passkeys that it holds: `approval.changed`.
     *
     * @param ready - Looks for what the act takes beside the approval, before the proof is looked at; answers what has the custodian do it.
     */
    prove: async ({ approvalId, proof }: Asked, grant: Grant, trace: Trace, ready: (row: ApprovalRow) => Promise<(response: string) => Promise<unknown>>): Promise<ApprovalRow> => {
      const row = usable(await deps.approvals.get(grant, approvalId));
      if (proof.kind !== "passkey") throw new SallyportError("approval.passkey");
      const done = await ready(row);
      await deps.stepUp.withOwn(grant.person, proof, async (response) => {
        if (response === null) throw new SallyportError("approval.passkey");
        await done(response).catch(asChanged);
      });
      trace.note({ approval: row.id, digest: row.digest });
      return row;
    },

    settle: async (tx: Tx, grant: Grant, { id, site, digest }: ApprovalRow): Promise<void> => {
      usable(await deps.approvals.lock(tx, grant, id));
      await deps.approvals.settle(tx, grant, id, { from: "approved", to: "done", atMs: deps.now() });
      const own = { person: grant.person, act: `carry out ${kind}`, about: `approval/${id}`, method: "passkey" as const, site };
      await tellOwnAct(deps, tx, { kind: "proof.used", ...own, request: grant.requestId, facts: { digest: digest.slice(0, DIGEST_SHOWN) } });
    },
  };
}

function asChanged(error: unknown): never {
  if (codeOf(error) === "verb.refused") throw new SallyportError("approval.changed", {}, error);
  throw error;
}
