import { TraceRequestInput, TraceRequestOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { locateCrossings, scopeOf } from "../../crossings/crossing-scope.ts";
import { summaryOf } from "../../crossings/crossing-summary.ts";
import { requestRecords, rowOf, tracedOf } from "../../crossings/request-records.ts";
import { traceOf } from "../../crossings/trace-of.ts";
import type { ApiDeps } from "../../ports.ts";

/** How far one request came, from its records that the caller may see. One that isn't theirs and one that never was look alike. */
export const traceRequest = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.read",
      resource: "trail",
      input: TraceRequestInput,
      output: TraceRequestOutput,
      whenFrozen: "serve",
      locate: (_input, _trace, reach) => locateCrossings(deps, "trail.read", {}, reach),
    },
    async (crossing) => {
      const records = await requestRecords(deps, scopeOf(crossing, "trail.read", {}), crossing.input.requestId);
      const names = await deps.names();
      crossing.trace.note({ shown: records.length });
      return { crossings: records.map((record) => summaryOf(rowOf(record), names)), trace: traceOf(records.map(tracedOf)) };
    },
  );
