import { ReleaseIncidentsInput, ReleaseIncidentsOutput } from "@sallyport/contracts";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type ApprovalRow, stateAt } from "@sallyport/policy";
import { incidentsNamed, type ReleasedPayload } from "../../approvals/incident-act.ts";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { approvalActs } from "../../approvals/registry.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/**
 * Carries out an approved release, by who asked for it and with their own passkey. The custodian ends the incidents first, and says the same
 * again where its answer was lost; the request is settled behind it.
 */
export const releaseIncidents = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  const act = acts["incident.release"];
  const usable = (row: ApprovalRow | null): ApprovalRow => {
    if (row?.kind !== act.kind) throw new SallyportError("policy.denied");
    if (stateAt(row, deps.now()) !== "approved") throw new SallyportError("approval.state");
    return row;
  };
  return boundary.change(
    {
      ...act.ask,
      input: ReleaseIncidentsInput,
      output: ReleaseIncidentsOutput,
      whenFrozen: "serve",
      recorded: "once",
      locate: ({ approvalId }, trace) => locateApproval(deps, acts, approvalId, trace, ({ requestedByPerson }) => ({ whose: requestedByPerson })),
    },
    {
      prepare: async ({ input: { approvalId, proof }, grant, trace }) => {
        const row = usable(await deps.approvals.get(grant, approvalId));
        if (proof.kind !== "passkey") throw new SallyportError("approval.passkey");
        await deps.stepUp.withOwn(grant.person, proof, async (response) => {
          if (response === null) throw new SallyportError("approval.passkey");
          await deps.credentials.release(row.statement, response).catch(asChanged);
        });
        trace.note({ approval: row.id, digest: row.digest });
        return row;
      },
      commit: async (tx, { grant }, { id }) => {
        const row = usable(await deps.approvals.lock(tx, grant, id));
        await deps.approvals.settle(tx, grant, id, { from: "approved", to: "done", atMs: deps.now() });
        return { ended: [...incidentsNamed(act.payloadOf(row) as ReleasedPayload)] };
      },
    },
  );
};

/** What the custodian doesn't end is another incident by now than the one that was approved, or rests on less than two passkeys that it holds. */
function asChanged(error: unknown): never {
  if (codeOf(error) === "verb.refused") throw new SallyportError("approval.changed", {}, error);
  throw error;
}
