"use client";

import { type FormEvent, type ReactNode, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useSlow } from "./use-slow.ts";

const REASON_MIN = 8;

interface ActFormProps {
  readonly act: string;
  /** What will be on record when it goes on. */
  readonly recorded: ReactNode;
  /** Whether what is asked for above the reason is there; it is only looked at when the person goes on. */
  readonly isReady?: boolean;
  readonly onTried?: () => void;
  readonly isPending: boolean;
  readonly failure: WireFailure | null;
  readonly onCancel: () => void;
  readonly onGo: (reason: string) => void;
  readonly children: ReactNode;
}

/** An act on a subject, with what it does, what it asks for, a reason, and what of that will be on record. */
export function ActForm({ act, recorded, isReady = true, onTried, isPending, failure, onCancel, onGo, children }: ActFormProps) {
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isSlow = useSlow(isPending);
  const tooShort = reason.trim().length < REASON_MIN;
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    onTried?.();
    if (isReady && !tooShort && !isPending) onGo(reason.trim());
  };
  return (
    <form onSubmit={go} className="purpose-form" noValidate>
      <DialogBody>
        {children}
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
