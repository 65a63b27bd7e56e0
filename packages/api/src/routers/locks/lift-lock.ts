import { LiftLockInput, LiftLockOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateLock } from "./lock-place.ts";

/** Lifts a lock by whoever set it. Somebody else's is lifted by an approval only: `approval.required`. */
export const liftLock = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "lock.lift", resource: "lock", input: LiftLockInput, output: LiftLockOutput, locate: ({ lockId }, trace) => locateLock(deps, lockId, trace) },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (found === null) throw new SallyportError("policy.denied");
        if (found.setBy !== grant.person) throw new SallyportError("approval.required");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ kind: found.kind, commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant }, reason) => {
        await deps.locks.lock(tx, input.lockId);
        await deps.changes.insert(tx, reason);
        await deps.locks.lift(tx, input.lockId, { by: grant.person, atMs: deps.now(), reason: reason.id });
        return { done: true as const };
      },
    },
  );
