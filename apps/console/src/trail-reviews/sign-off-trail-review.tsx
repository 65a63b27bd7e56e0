"use client";

import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { progressText, type TrailReview } from "./trail-review-text.ts";

/** Signs a review of the trail off: after it nothing about it changes. */
export function SignOffTrailReview({ review, onClose }: { readonly review: TrailReview; readonly onClose: () => void }) {
  const tell = useTell();
  const sign = useChange("trailReviews.signOff", {
    refreshes: ["trailReviews.get", "trailReviews.list", "overview.get"],
    onDone: () => {
      tell({ tone: "done", text: "Signed off. Its digest stands in the trail, under a checkpoint." });
      onClose();
    },
  });
  return (
    <Dialog title="Sign the review off" isOpen onClose={onClose}>
      <ActForm
        act="Sign off"
        isPending={sign.isPending}
        failure={sign.error}
        onCancel={onClose}
        onGo={(reason) => sign.mutate({ reviewId: review.reviewId, reason })}
        recorded={
          <ul>
            <li>that you signed it off, with the digest of the selection, made again, and of everything that was said</li>
            <li>the checkpoints of the chains that were looked at, signed now</li>
            <li>the checkpoint that covers this record</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>{progressText(review).replace(/^./, (first) => first.toUpperCase())}. After this nothing about the review changes any more.</p>
      </ActForm>
    </Dialog>
  );
}
