"use client";

import { type FormEvent, type ReactNode, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "./button.tsx";
import { DialogBody, DialogFoot } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Refusal } from "./refusal.tsx";
import { REASON_MIN } from "./reason.ts";
import { useSlow } from "./use-slow.ts";

interface ActFormProps {
  readonly act: string;
  /** What is to be kept in mind while the reason is written. */
  readonly hint?: string;
  readonly isDanger?: boolean;
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

/** An act in a dialog, with what it does, what it asks for, a reason, and what of that will be on record. */
export function ActForm({ act, hint, isDanger = false, recorded, isReady = true, onTried, isPending, failure, onCancel, onGo, children }: ActFormProps) {
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
          hint={hint ?? "At least eight characters. It is sealed beside the record; the record holds a commitment to it."}
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
        <Button kind={isDanger ? "danger" : "primary"} type="submit" isPending={isSlow}>
          {act}
        </Button>
      </DialogFoot>
    </form>
  );
}
