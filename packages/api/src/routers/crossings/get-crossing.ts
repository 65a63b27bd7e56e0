import { lineOf, parseBody } from "@sallyport/audit";
import { GetCrossingInput, GetCrossingOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { isArchived } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { trailScopeOf } from "../../crossings/crossing-scope.ts";
import { summaryOf } from "../../crossings/crossing-summary.ts";
import { requestRecords, rowOf, tracedOf } from "../../crossings/request-records.ts";
import { detailOf, traceOf } from "../../crossings/trace-of.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateChain } from "../trail/chain-place.ts";

/** One record as it is stored: its exact line, what signs it, and how far its request came. */
export const getCrossing = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.read",
      resource: "trail",
      input: GetCrossingInput,
      output: GetCrossingOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async (crossing) => {
      const { input, grant, trace } = crossing;
      trace.note({ generation: input.generation, seq: input.seq });
      const stored = await deps.archive.record(grant, input);
      if (stored === null) throw new SallyportError(isArchived(deps, input) ? "trail.archived" : "policy.denied");
      const record = parseBody(stored.body);
      const scope = await trailScopeOf(deps, crossing);
      const others = scope === null ? [] : await requestRecords(deps, scope, record.request_id);
      const isAmong = others.some(({ chain, generation, seq }) => chain === record.chain && generation === record.generation && seq === record.seq);
      const found = traceOf([...others, ...(isAmong ? [] : [record])].map(tracedOf));
      if (found === null) throw new SallyportError("internal");
      return {
        crossing: summaryOf(rowOf(record), await deps.names()),
        line: lineOf(stored.body, stored.mac),
        mac: stored.mac,
        prevMac: stored.prevMac,
        detail: { ...detailOf(record.detail) },
        trace: found,
        checkpoint: stored.checkpoint,
      };
    },
  );
