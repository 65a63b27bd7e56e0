import { ListWorkloadsInput, ListWorkloadsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { assignmentSummary } from "./assignment-summary.ts";

/** Every service principal with what it may do where. */
export const listWorkloads = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "workload.read",
      resource: "workload",
      input: ListWorkloadsInput,
      output: ListWorkloadsOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    ({ trace }) => {
      const services = [...deps.policy.current().byWorkload];
      trace.note({ shown: services.length });
      return Promise.resolve({
        workloads: services.map(([workload, { id, status, assignments }]) => ({ principal: id, workload, status, assignments: assignments.map(assignmentSummary) })),
      });
    },
  );
