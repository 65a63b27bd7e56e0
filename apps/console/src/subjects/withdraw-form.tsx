"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import { ActForm } from "../components/act-form.tsx";
import { ABOUT_SUBJECT } from "./reason-hint.ts";
import { dayFault } from "./consent-day.ts";

interface WithdrawFormProps {
  readonly subjectId: string;
  readonly label: string;
  readonly onClose: () => void;
}

const REFRESHES = ["subjects.get", "subjects.list"] as const;

/** Records that consent is withdrawn: from when, and why. */
export function WithdrawForm({ subjectId, label, onClose }: WithdrawFormProps) {
  const tell = useTell();
  const [from, setFrom] = useState("");
  const [isTried, setTried] = useState(false);
  const [openedAt] = useState(() => new Date());
  const fault = dayFault(from, openedAt);
  const act = useChange("subjects.withdraw", {
    refreshes: REFRESHES,
    onDone: () => {
      tell({ tone: "done", text: "The withdrawal of consent is on record." });
      onClose();
    },
  });
  return (
    <ActForm
      hint={ABOUT_SUBJECT}
      act="Record the withdrawal"
      isReady={fault === null}
      onTried={() => setTried(true)}
      isPending={act.isPending}
      failure={act.error}
      onCancel={onClose}
      onGo={(reason) => act.mutate({ subjectId, from, reason })}
      recorded={
        <ul>
          <li>that you recorded the withdrawal, and when</li>
          <li>a commitment to the reason; the day is sealed with the subject's data, and in no record</li>
        </ul>
      }
    >
      <p>
        <strong>{label}</strong> will be marked wherever it is shown. What is stored stays, and is read as before. A packet that brings new or changed records of the subject is
        refused, unless its releaser states that all of it was collected before.
      </p>
      <Field label="Withdrawn from" type="date" value={from} onChange={setFrom} autoComplete="off" error={isTried ? fault : null} isRequired />
    </ActForm>
  );
}

/** Says that the withdrawal that stands was an error. */
export function CorrectWithdrawalForm({ subjectId, label, onClose }: WithdrawFormProps) {
  const tell = useTell();
  const act = useChange("subjects.correctWithdrawal", {
    refreshes: REFRESHES,
    onDone: () => {
      tell({ tone: "done", text: "The withdrawal is taken back. Both acts stay on record." });
      onClose();
    },
  });
  return (
    <ActForm
      hint={ABOUT_SUBJECT}
      act="Take it back"
      isPending={act.isPending}
      failure={act.error}
      onCancel={onClose}
      onGo={(reason) => act.mutate({ subjectId, reason })}
      recorded={
        <ul>
          <li>that you recorded the withdrawal as an error, and when; the withdrawal itself stays on record</li>
          <li>a commitment to the reason</li>
        </ul>
      }
    >
      <p>
        The withdrawal of consent of <strong>{label}</strong> was recorded in error: the subject is no longer marked, and packets bring its records again. A consent that was given
        anew is not an error.
      </p>
    </ActForm>
  );
}
