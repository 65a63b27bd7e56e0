"use client";

import { type ReactNode, useState } from "react";
import { Button } from "../components/button.tsx";
import { isReason, ReasonField } from "../components/reason-field.tsx";
import { Panel } from "../components/states.tsx";
import { WillRecord } from "../components/will-record.tsx";

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
  return (
    <Panel id="go-title" title={title}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (isReason(reason) && !isPending) onGo(reason.trim());
        }}
      >
        <ReasonField value={reason} onChange={setReason} isTried={isTried} />
        <WillRecord withReason>{recorded}</WillRecord>
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
