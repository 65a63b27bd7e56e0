"use client";

import { type ReactNode, useId, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "./button.tsx";
import { Field } from "./field.tsx";
import { REASON_MIN } from "./reason.ts";
import { Refusal } from "./refusal.tsx";

export interface ActSectionProps {
  readonly title: string;
  readonly button: string;
  /** What will be so, before it is asked for. */
  readonly effect: ReactNode;
  /** What will be on record when it goes on: list items. */
  readonly recorded: ReactNode;
  readonly isDanger?: boolean;
  /** Whether what is asked for above the reason is there; it is only looked at when the person goes on. */
  readonly isReady?: boolean;
  readonly onTried?: () => void;
  readonly isPending: boolean;
  readonly failure: WireFailure | null;
  /** Does it; the section closes once it is done. */
  readonly onGo: (reason: string) => Promise<unknown>;
  /** What else has to be said for it, above the reason. */
  readonly children?: ReactNode;
}

/** One act in a drawer: closed at first; opened, it says its effect, asks for a reason and tells what will be on record. */
export function ActSection({ title, button, effect, recorded, isDanger = false, isReady = true, onTried, isPending, failure, onGo, children }: ActSectionProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isLong = reason.trim().length >= REASON_MIN;
  const close = () => {
    setOpen(false);
    setReason("");
    setTried(false);
  };
  return (
    <section className="act" aria-labelledby={id}>
      <div className="act-head">
        <h3 id={id} className="part-title">
          {title}
        </h3>
        {!isOpen && (
          <Button aria-label={`${title}: begin`} onPress={() => setOpen(true)}>
            Begin
          </Button>
        )}
      </div>
      {isOpen && (
        <form
          className="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            onTried?.();
            // What failed is shown by the failure.
            if (isReady && isLong && !isPending) onGo(reason.trim()).then(close, () => undefined);
          }}
        >
          {effect}
          {children}
          <Field label="Reason" value={reason} onChange={setReason} rows={2} maxLength={500} error={isTried && !isLong ? `At least ${REASON_MIN} characters.` : null} />
          <div className="will-record">
            <p className="eyebrow">What will be on record</p>
            <ul>
              {recorded}
              <li>a commitment to the reason, which is sealed beside it</li>
            </ul>
          </div>
          {failure !== null && <Refusal failure={failure} isInline />}
          <div className="form-acts">
            <Button onPress={close}>Cancel</Button>
            <Button type="submit" kind={isDanger ? "danger" : "primary"} isPending={isPending}>
              {button}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
