"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";

/** Begins a submission of a study. */
export function CreateSubmission({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const studies = useCall("studies.list", {});
  const [study, setStudy] = useState<string | null>(null);
  const [title, setTitle] = useState("");
  const [isTried, setTried] = useState(false);
  const create = useChange("submissions.create", {
    refreshes: ["submissions.list"],
    onDone: ({ submissionId }) => {
      onClose();
      router.push(`/submissions/${submissionId}`);
    },
  });
  const isTitle = title.trim().length >= 3;
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (study !== null && isTitle && !create.isPending) create.mutate({ study, title: title.trim() });
  };
  return (
    <Dialog title="Begin a submission" isOpen onClose={onClose}>
      <form onSubmit={go} className="purpose-form" noValidate>
        <DialogBody>
          <p>A submission is the whole study&apos;s: who works on it needs the right at each of its sites.</p>
          {studies.data === undefined && studies.error !== null && <Refusal failure={studies.error} isInline />}
          <Select
            label="Study"
            options={(studies.data?.studies ?? []).map((each) => ({ id: each.study, text: each.study, about: each.title }))}
            value={study}
            onChange={setStudy}
            isDisabled={studies.data === undefined}
            error={isTried && study === null ? "Choose a study." : null}
          />
          <Field
            label="Title"
            value={title}
            onChange={setTitle}
            maxLength={120}
            autoComplete="off"
            hint="As people know it. It names nobody."
            error={isTried && !isTitle ? "At least three characters." : null}
          />
          {create.isError && <Refusal failure={create.error} isInline />}
        </DialogBody>
        <DialogFoot>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" isPending={create.isPending}>
            Begin it
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
