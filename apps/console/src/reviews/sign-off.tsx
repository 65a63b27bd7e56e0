"use client";

import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Review } from "./review-text.ts";

/** Signs a review off: after it nothing about it changes. */
export function SignOff({ review: { reviewId, lines, ended }, onClose }: { readonly review: Review; readonly onClose: () => void }) {
  const tell = useTell();
  const sign = useChange("reviews.signOff", {
    refreshes: ["reviews.get", "reviews.list", "overview.get"],
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
        onGo={(reason) => sign.mutate({ reviewId, reason })}
        recorded={
          <ul>
            <li>that you signed it off, with the digest of its lines and of every decision</li>
            <li>the checkpoint that covers this record</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          {lines.toLocaleString("en-GB")} {lines === 1 ? "line is" : "lines are"} decided, {ended.toLocaleString("en-GB")} of them ended. After this nothing about the review
          changes any more.
        </p>
      </ActForm>
    </Dialog>
  );
}
