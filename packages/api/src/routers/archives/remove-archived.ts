import { RemoveArchivedInput, RemoveArchivedOutput } from "@sallyport/contracts";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type ApprovalRow, stateAt } from "@sallyport/policy";
import type { ArchivedPayload } from "../../approvals/archive-act.ts";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { approvalActs } from "../../approvals/registry.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/**
 * Carries out an approved archival, by who asked for it and with their own passkey. The custodian verifies the generation anew, puts it down, signs
 * it and has the records removed; it says the same again where its answer was lost. The request is settled behind it.
 */
export const removeArchived = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  const act = acts["trail.archive"];
  const usable = (row: ApprovalRow | null): ApprovalRow => {
    if (row?.kind !== act.kind) throw new SallyportError("policy.denied");
    if (stateAt(row, deps.now()) !== "approved") throw new SallyportError("approval.state");
    return row;
  };
  return boundary.change(
    {
      ...act.ask,
      input: RemoveArchivedInput,
      output: RemoveArchivedOutput,
      recorded: "once",
      locate: ({ approvalId }, trace) => locateApproval(deps, acts, approvalId, trace, ({ requestedByPerson }) => ({ whose: requestedByPerson })),
    },
    {
      prepare: async ({ input: { approvalId, proof }, grant, trace }) => {
        const row = usable(await deps.approvals.get(grant, approvalId));
        if (proof.kind !== "passkey") throw new SallyportError("approval.passkey");
        const { chain, generation, manifest: digest } = act.payloadOf(row) as ArchivedPayload;
        const manifest = await deps.archives.manifest(chain, Number(generation), digest);
        if (manifest === null) throw new SallyportError("archive.unverified");
        let note = "";
        await deps.stepUp.withOwn(grant.person, proof, async (response) => {
          if (response === null) throw new SallyportError("approval.passkey");
          ({ note } = await deps.credentials.archive(row.statement, response, manifest).catch(asChanged));
        });
        trace.note({ approval: row.id, digest: row.digest });
        return { row, note };
      },
      commit: async (tx, { grant }, { row: { id }, note }) => {
        usable(await deps.approvals.lock(tx, grant, id));
        await deps.approvals.settle(tx, grant, id, { from: "approved", to: "done", atMs: deps.now() });
        return { note };
      },
    },
  );
};

/** What the custodian doesn't put down isn't so any more, or rests on less than two passkeys that it holds. */
function asChanged(error: unknown): never {
  if (codeOf(error) === "verb.refused") throw new SallyportError("approval.changed", {}, error);
  throw error;
}
