import { RemoveArchivedInput, RemoveArchivedOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { ArchivedPayload } from "../../approvals/archive-act.ts";
import { carryingOut } from "../../approvals/carrying-out.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/** Carries out an approved archival: the custodian verifies the generation anew, puts it down, signs it and has the records removed. */
export const removeArchived = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const { act, locate, prove, settle } = carryingOut(deps, "trail.archive");
  return boundary.change(
    { ...act.ask, input: RemoveArchivedInput, output: RemoveArchivedOutput, recorded: "once", locate },
    {
      prepare: async ({ input, grant, trace }) => {
        let note = "";
        const row = await prove(input, grant, trace, async (approved) => {
          const { chain, generation, manifest: digest } = act.payloadOf(approved) as ArchivedPayload;
          const manifest = await deps.archives.manifest(chain, Number(generation), digest);
          if (manifest === null) throw new SallyportError("archive.unverified");
          return async (response) => ({ note } = await deps.credentials.archive(approved.statement, response, manifest));
        });
        return { row, note };
      },
      commit: async (tx, { grant }, { row, note }) => {
        await settle(tx, grant, row);
        return { note };
      },
    },
  );
};
