import { ListSpoolInput, ListSpoolOutput, ReplaySpoolInput, ReplaySpoolOutput, SpoolStatusInput, SpoolStatusOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** What became of one of the caller's own requests that were handed over. Another's is as unknown as one that isn't there. */
const spoolStatus = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "packet.upload",
      resource: "packet",
      input: SpoolStatusInput,
      output: SpoolStatusOutput,
      locate: (_, trace) => {
        trace.note({ asked: "spool" });
        return locateSites(deps, {});
      },
    },
    async ({ input: { receipt }, grant }) => {
      const row = await deps.spooled.find(grant, receipt);
      if (row !== null) {
        const { state, procedure, takenMs, settledMs, reason, requestId } = row;
        return { receipt, state, procedure, takenAt: iso(takenMs), settledAt: isoOrNull(settledMs), reason, requestId };
      }
      // Taken a moment ago, and not entered yet: this node's own book knows it.
      const held = deps.spool().waiting.find((each) => each.receipt === receipt && each.principal === grant.principal);
      const nothing = { settledAt: null, reason: null, requestId: null };
      if (held === undefined) return { receipt, state: "unknown" as const, procedure: null, takenAt: null, ...nothing };
      return { receipt, state: "waiting" as const, procedure: held.procedure, takenAt: iso(held.takenMs), ...nothing };
    },
  );

/** What waits, and what became of the rest; and how the spool of the node that answers stands. */
const listSpool = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "workload.read",
      resource: "workload",
      input: ListSpoolInput,
      output: ListSpoolOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ input: { limit }, grant, trace }) => {
      const items = await deps.spooled.list(grant, limit);
      const { state, waiting, requestsMax, bytesMax, isWell } = deps.spool();
      trace.note({ shown: items.length });
      return {
        node: {
          state,
          waiting: waiting.length,
          bytes: waiting.reduce((sum, { bytes }) => sum + bytes, 0),
          oldestAt: isoOrNull(waiting[0]?.takenMs ?? null),
          requestsMax,
          bytesMax,
          isWell,
        },
        items: items.map(({ receipt, spool, n, workload, x5t, principal, procedure, bytes, state: its, reason, requestId, takenMs, settledMs, letGoMs, approval }) => {
          const row = { receipt, spool, n, workload, x5t, principal, procedure, bytes, reason, requestId };
          return { ...row, state: its, takenAt: iso(takenMs), settledAt: isoOrNull(settledMs), approvalId: approval, removedAt: isoOrNull(letGoMs) };
        }),
      };
    },
  );

/** Has what waits replayed at once: one round on each node, decided, recorded and stopped by a failure like those by the clock. */
const replaySpool = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "spool.replay",
      resource: "workload",
      input: ReplaySpoolInput,
      output: ReplaySpoolOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    {
      prepare: () => {
        if (!deps.spool().isWell) throw new SallyportError("spool.state");
        return Promise.resolve(null);
      },
      commit: async (tx, { grant, trace }) => {
        const waiting = await deps.spooled.wantReplay(tx, grant, deps.now());
        if (waiting === 0) throw new SallyportError("spool.state");
        trace.note({ asked: "at once", waiting });
        return { waiting };
      },
    },
  );

/** Everything about what callers handed over. */
export const spoolProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  status: spoolStatus(boundary, deps),
  list: listSpool(boundary, deps),
  replay: replaySpool(boundary, deps),
});
