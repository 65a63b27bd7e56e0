"use client";

import type { PURPOSES } from "@sallyport/contracts";
import { type ReactNode, useId, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { ActForm } from "../components/act-form.tsx";
import { ABOUT_SUBJECT } from "./reason-hint.ts";

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
export function PurposeForm({ onGo, children, ...form }: PurposeFormProps) {
  const [purpose, setPurpose] = useState<Purpose | null>(null);
  const [isTried, setTried] = useState(false);
  const errorId = useId();
  const isUnset = isTried && purpose === null;
  const go = (reason: string) => {
    if (purpose !== null) onGo({ purpose, reason });
  };
  return (
    <ActForm hint={ABOUT_SUBJECT} {...form} isReady={purpose !== null} onTried={() => setTried(true)} onGo={go}>
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
    </ActForm>
  );
}
