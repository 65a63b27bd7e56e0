import { SignOffReviewInput, SignOffReviewOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { linesDigest, resultDigest } from "../../reviews/review-digest.ts";
import { openLines } from "../../reviews/review-summary.ts";
import { sealReason } from "../../sealed-reason.ts";
import { ownSession } from "../me/own-place.ts";
import { locateReview } from "./review-place.ts";

/** Signs a review off once every line is decided and every ending carried out; answered with the checkpoint that covers the record. */
export const signOffReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "access.review",
      resource: "access",
      input: SignOffReviewInput,
      output: SignOffReviewOutput,
      evidence: true,
      locate: ({ reviewId }, trace) => locateReview(deps, reviewId, trace),
    },
    {
      prepare: async ({ input, grant, session, trace }) => {
        ownSession(session);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { reviewId }, grant, trace }, reason) => {
        const found = await deps.accessReviews.lock(tx, reviewId);
        if (found === null) throw new SallyportError("policy.denied");
        const { row, lines } = found;
        if (row.signed !== null) throw new SallyportError("review.signed", { review: reviewId });
        const nowMs = deps.now();
        // Lines that are others than when it was opened are none that anybody reviewed.
        if (openLines(lines, nowMs).length > 0 || linesDigest(row, lines) !== row.digest) throw new SallyportError("review.open", { review: reviewId });
        const digest = resultDigest(row.digest, lines);
        await deps.changes.insert(tx, reason);
        await deps.accessReviews.sign(tx, reviewId, { by: grant.person, atMs: nowMs, digest, reason: reason.id });
        trace.note({ lines: lines.length, ended: lines.filter(({ decision }) => decision?.verdict === "end").length, opened: row.digest, digest });
        return { digest };
      },
    },
  );
