"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import type { OpenValue } from "./open-values.ts";
import { valueText } from "./value-text.ts";

interface OpenValueCellProps {
  readonly open: OpenValue;
  readonly onCover: () => void;
  /** Takes the focus as it appears, so that a screen reader reads it, once. */
  readonly takesFocus: boolean;
}

/** An opened value, with what is left of its time. The time isn't read out second by second. */
export function OpenValueCell({ open, onCover, takesFocus }: OpenValueCellProps) {
  const place = useRef<HTMLSpanElement>(null);
  const left = useSecondsLeft(open.closesAtMs);
  useEffect(() => {
    if (takesFocus) place.current?.focus();
  }, [takesFocus]);
  return (
    <span className="open-value">
      <span ref={place} className="open-value-text" tabIndex={-1} data-open="true">
        {valueText(open.value)}
      </span>
      <span className="open-value-time" role="timer" aria-label="Seconds until it is masked again">
        {left} s
      </span>
      <Button kind="quiet" onPress={onCover}>
        Mask now
      </Button>
    </span>
  );
}

function useSecondsLeft(closesAtMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((closesAtMs - now) / 1000));
}
