"use client";

import { type FormEvent, useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { useFirstFocus } from "../components/use-first-focus.ts";
import type { TrailItem } from "./trail-review-text.ts";

const REFRESHES = ["trailReviews.get", "trailReviews.list", "trailReviews.entries", "overview.get"] as const;

interface SayOfItemProps {
  readonly reviewId: string;
  readonly item: TrailItem;
  readonly kind: "finding" | "comment";
  readonly onClose: () => void;
}

/** What a reviewer writes of one item: what is wrong with it, or a comment. */
export function SayOfItem(props: SayOfItemProps) {
  const { item, kind, onClose } = props;
  return (
    <Dialog title={kind === "finding" ? `Item ${item.item} is a finding` : `Comment on item ${item.item}`} isOpen onClose={onClose}>
      <SayForm {...props} />
    </Dialog>
  );
}

function SayForm({ reviewId, item: { item }, kind, onClose }: SayOfItemProps) {
  const form = useFirstFocus<HTMLFormElement>("textarea");
  const [comment, setComment] = useState("");
  const [isTried, setTried] = useState(false);
  const find = useChange("trailReviews.decide", { refreshes: REFRESHES, onDone: onClose });
  const add = useChange("trailReviews.comment", { refreshes: REFRESHES, onDone: onClose });
  const isFinding = kind === "finding";
  const isPending = find.isPending || add.isPending;
  const failure = find.error ?? add.error;
  const text = comment.trim();
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (text.length < REASON_MIN || isPending) return;
    if (isFinding) find.mutate({ reviewId, item, verdict: "finding", comment: text });
    else add.mutate({ reviewId, item, comment: text });
  };
  return (
    <form ref={form} onSubmit={go} className="purpose-form" noValidate>
      <DialogBody>
        <Field
          label={isFinding ? "What is wrong" : "Comment"}
          value={comment}
          onChange={setComment}
          rows={4}
          maxLength={500}
          autoComplete="off"
          isRequired
          hint="It is sealed beside the record; the record holds a commitment to it. It can't be changed afterwards, only added to."
          error={isTried && text.length < REASON_MIN ? `At least ${REASON_MIN} characters.` : null}
        />
        {failure !== null && <Refusal failure={failure} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        <Button kind="primary" type="submit" isPending={isPending}>
          {isFinding ? "Record the finding" : "Add the comment"}
        </Button>
      </DialogFoot>
    </form>
  );
}
