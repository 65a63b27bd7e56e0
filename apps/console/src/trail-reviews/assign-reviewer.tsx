"use client";

import { type FormEvent, useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { ComboBox } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";

type Got = OutputOf<"trailReviews.get">;

/** Gives a review to one of those who may review there and did none of it. */
export function AssignReviewer({ got: { review, candidates }, onClose }: { readonly got: Pick<Got, "review" | "candidates">; readonly onClose: () => void }) {
  const tell = useTell();
  const [person, setPerson] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const assign = useChange("trailReviews.assign", {
    refreshes: ["trailReviews.get", "trailReviews.list", "overview.get"],
    onDone: () => {
      tell({ tone: "done", text: "Assigned. It is on the overview of its reviewer now." });
      onClose();
    },
  });
  const able = candidates.filter(({ hasPerformed, personId }) => !hasPerformed && personId !== review.reviewer?.personId);
  const out = candidates.filter(({ hasPerformed }) => hasPerformed);
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (person !== null && !assign.isPending) assign.mutate({ reviewId: review.reviewId, personId: person });
  };
  return (
    <Dialog title="Assign the review" isOpen onClose={onClose}>
      <form onSubmit={go} className="purpose-form" noValidate>
        <DialogBody>
          <p>
            {review.reviewer === null ? "Nobody reviews it yet." : `${review.reviewer.name} reviews it now; what they said of it stays.`} Whoever is chosen must have done nothing
            of what is in it, with whatever account.
          </p>
          {able.length === 0 ? (
            <p>Nobody else may review the trail there. An administrator can assign the auditor's role to somebody.</p>
          ) : (
            <ComboBox
              label="Reviewer"
              options={able.map(({ personId, name }) => ({ id: personId, text: name }))}
              value={person}
              onChange={setPerson}
              error={isTried && person === null ? "Choose somebody." : null}
            />
          )}
          {out.length > 0 && <p className="quiet">Left out, because they did something that is in it: {out.map(({ name }) => name).join(", ")}.</p>}
          <div className="will-record">
            <p className="eyebrow">What will be on record</p>
            <ul>
              <li>that you assigned it, to whom, and who had it before</li>
            </ul>
          </div>
          {assign.error !== null && <Refusal failure={assign.error} isInline />}
        </DialogBody>
        <DialogFoot>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" isPending={assign.isPending} isDisabled={able.length === 0}>
            Assign
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
