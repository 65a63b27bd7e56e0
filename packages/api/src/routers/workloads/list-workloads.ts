import { ListWorkloadsInput, ListWorkloadsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { holdsPower } from "../../services/offboard-service.ts";
import { assignmentSummary } from "../administration/assignment-summary.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** Every service principal with what it may do where, and the certificate that it was last seen with. */
export const listWorkloads = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "workload.read",
      resource: "workload",
      input: ListWorkloadsInput,
      output: ListWorkloadsOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ trace }) => {
      const { principals, compiled } = deps.policy.current();
      const services = await deps.services.list();
      const nowMs = deps.now();
      trace.note({ shown: services.length });
      return {
        workloads: services.map(({ principal, service, workload, status, created, leftAtMs, seen, assignments }) => ({
          principal,
          service,
          workload,
          // As decisions see it: under a lock it does nothing.
          status: leftAtMs !== null ? ("left" as const) : (principals.get(principal)?.status ?? status),
          created: created === null ? null : { title: created.title, at: iso(created.atMs) },
          leftAt: leftAtMs === null ? null : iso(leftAtMs),
          certificate: seen === null ? null : { serial: seen.serial, notAfter: iso(seen.notAfterMs), seenAt: iso(seen.atMs) },
          needsApproval: leftAtMs === null && holdsPower({ assignments }, compiled.document, nowMs),
          assignments: assignments.map(assignmentSummary),
        })),
      };
    },
  );
