"use client";

import { type ReactNode, useId, useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "./button.tsx";
import { isReason, ReasonField } from "./reason-field.tsx";
import { Refusal } from "./refusal.tsx";
import { WillRecord } from "./will-record.tsx";

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
  /** What the text is called that is written for it; `Reason` unless it is said. */
  readonly reasonLabel?: string;
  /** What else has to be said for it, above the reason. */
  readonly children?: ReactNode;
}

/** One act in a drawer: closed at first; opened, it says its effect, asks for a reason and tells what will be on record. */
export function ActSection({
  title,
  button,
  effect,
  recorded,
  isDanger = false,
  isReady = true,
  onTried,
  isPending,
  failure,
  onGo,
  reasonLabel = "Reason",
  children,
}: ActSectionProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
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
            if (isReady && isReason(reason) && !isPending) onGo(reason.trim()).then(close, () => undefined);
          }}
        >
          {effect}
          {children}
          <ReasonField label={reasonLabel} value={reason} onChange={setReason} isTried={isTried} />
          <WillRecord withReason={reasonLabel.toLowerCase()}>{recorded}</WillRecord>
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
