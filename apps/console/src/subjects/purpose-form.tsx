"use client";

import type { PURPOSES } from "@sallyport/contracts";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useSlow } from "./use-slow.ts";

export type Purpose = (typeof PURPOSES)[number];

const purposeText: Record<Purpose, string> = {
  monitoring: "Monitoring",
  safety: "Safety",
  regulatory: "Regulatory",
  audit: "Audit",
  care: "Care of the subject",
  subject_request: "The subject's own request",
};
const purposes = Object.keys(purposeText) as readonly Purpose[];
const REASON_MIN = 8;

export const purposeWord = (purpose: string): string => purposeText[purpose as Purpose] ?? purpose;

/** Why something of a subject's is opened. */
export interface Intent {
  readonly purpose: Purpose;
  readonly reason: string;
}

interface PurposeFormProps {
  /** What will be on record when it goes on. */
  readonly recorded: ReactNode;
  readonly act: string;
  readonly isPending: boolean;
  readonly failure: WireFailure | null;
  readonly onCancel: () => void;
  readonly onGo: (intent: Intent) => void;
  readonly children?: ReactNode;
}

/** Purpose and reason, before anything is opened; and what of that will be on record. */
export function PurposeForm({ recorded, act, isPending, failure, onCancel, onGo, children }: PurposeFormProps) {
  const [purpose, setPurpose] = useState<Purpose | null>(null);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const errorId = useId();
  const isSlow = useSlow(isPending);
  const isUnset = isTried && purpose === null;
  const tooShort = reason.trim().length < REASON_MIN;
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (purpose !== null && !tooShort && !isPending) onGo({ purpose, reason: reason.trim() });
  };
  return (
    <form onSubmit={go} className="purpose-form" noValidate>
      <DialogBody>
        {children}
        <fieldset className="purposes" {...(isUnset && { "aria-describedby": errorId })}>
          <legend className="field-label">Purpose</legend>
          {purposes.map((each) => (
            <label key={each} className="check">
              <input type="radio" name="purpose" value={each} checked={purpose === each} onChange={() => setPurpose(each)} /> {purposeText[each]}
            </label>
          ))}
          {isUnset && (
            <p id={errorId} className="field-error">
              Choose what it is for.
            </p>
          )}
        </fieldset>
        <Field
          label="Reason"
          value={reason}
          onChange={setReason}
          rows={3}
          maxLength={500}
          autoComplete="off"
          hint="At least eight characters. It is sealed beside the record; don't write anything about the subject that need not be there."
          error={isTried && tooShort ? "Say why, in at least eight characters." : null}
          isRequired
        />
        <div className="will-record">
          <p className="eyebrow">What will be on record</p>
          {recorded}
        </div>
        {failure !== null && <Refusal failure={failure} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onCancel}>
          Cancel
        </Button>
        <Button kind="primary" type="submit" isPending={isSlow}>
          {act}
        </Button>
      </DialogFoot>
    </form>
  );
}
