"use client";

import { type ReactNode, useState } from "react";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Panel } from "../components/states.tsx";

interface ReasonFormProps {
  readonly title: string;
  readonly button: string;
  readonly recorded: ReactNode;
  readonly isPending: boolean;
  readonly isDisabled?: boolean;
  readonly onGo: (reason: string) => void;
  readonly children?: ReactNode;
}

/** The last part of an import: its reason, what will be on record, and the button. */
export function ReasonForm({ title, button, recorded, isPending, isDisabled = false, onGo, children }: ReasonFormProps) {
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isReady = reason.trim().length >= REASON_MIN;
  return (
    <Panel id="go-title" title={title}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (isReady && !isPending) onGo(reason.trim());
        }}
      >
        <Field label="Reason" value={reason} onChange={setReason} rows={2} maxLength={500} error={isTried && !isReady ? `At least ${REASON_MIN} characters.` : null} />
        <div className="will-record">
          <p className="eyebrow">What will be on record</p>
          <ul>
            {recorded}
            <li>a commitment to the reason, which is sealed beside it</li>
          </ul>
        </div>
        {children}
        <div className="form-acts">
          <Button type="submit" kind="primary" isPending={isPending} isDisabled={isDisabled}>
            {button}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
