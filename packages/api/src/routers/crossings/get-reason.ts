import { parseBody } from "@sallyport/audit";
import { GetReasonInput, GetReasonOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { isArchived } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { detailOf } from "../../crossings/trace-of.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";
import { locateChain } from "../trail/chain-place.ts";

/** Why an act was done, as its record commits to it: opened for whoever may read that record, and on record itself. */
export const getReason = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.read",
      resource: "trail",
      input: GetReasonInput,
      output: GetReasonOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input, grant, trace }) => {
      trace.note({ generation: input.generation, seq: input.seq, opened: "reason" });
      const stored = await deps.archive.record(grant, input);
      if (stored === null) throw new SallyportError(isArchived(deps, input) ? "trail.archived" : "policy.denied");
      const { request_id: requestId, detail } = parseBody(stored.body);
      const commitment = detailOf(detail)["commitment"];
      const sealed = commitment === undefined ? null : await deps.changes.reason(grant, { requestId, commitment });
      return { reason: sealed === null ? null : openReason((await deps.referenceKeys()).change, grant, sealed) };
    },
  );
