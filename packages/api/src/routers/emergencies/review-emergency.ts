import { ReviewEmergencyInput, ReviewEmergencyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { EmergencyRow } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { emergencyReads } from "../../emergencies/emergency-reads.ts";
import { whyNotReview } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateEmergency } from "./emergency-place.ts";

/** Refuses a review of one's own, with whatever account, and of what goes on or is reviewed. Throws `policy.separation`, `emergency.state`. */
function assertReviewable<Tx>(deps: Pick<ApiDeps<Tx>, "now">, row: EmergencyRow | null, person: string): EmergencyRow {
  if (row === null) throw new SallyportError("policy.denied");
  const whyNot = whyNotReview(row, person, deps.now());
  if (whyNot === "own") throw new SallyportError("policy.separation");
  if (whyNot !== null) throw new SallyportError("emergency.state", { emergency: row.id });
  return row;
}

/** Another person's word on an emergency, over exactly what was read under it. From then on its person may open another. */
export const reviewEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "emergency.review",
      resource: "subject",
      input: ReviewEmergencyInput,
      output: ReviewEmergencyOutput,
      locate: ({ emergencyId }, trace) => locateEmergency(deps, emergencyId, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        const row = assertReviewable(deps, found, grant.person);
        const { seen, isMore, reads } = await emergencyReads(deps, grant, row);
        if (isMore || seen !== input.seen) throw new SallyportError("emergency.changed");
        const comment = sealReason((await deps.referenceKeys()).change, grant, input.comment);
        trace.note({ verdict: input.verdict, reads: reads.length, seen, commitment: comment.commitment });
        return comment;
      },
      commit: async (tx, { input, grant }, comment) => {
        assertReviewable(deps, await deps.emergencies.lock(tx, input.emergencyId), grant.person);
        await deps.changes.insert(tx, comment);
        const { verdict, seen } = input;
        await deps.emergencies.review(tx, input.emergencyId, { by: grant.person, atMs: deps.now(), verdict, comment: comment.id, seen });
        return { done: true as const };
      },
    },
  );
