"use client";

import { type ReactNode, useState } from "react";
import type { CallPath, InputOf, OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";

interface AskedSectionProps<P extends CallPath> {
  readonly id: string;
  readonly title: string;
  /** What the button says, and what is said beside it until it is pressed. */
  readonly ask: string;
  readonly note: string;
  readonly waiting: { readonly label: string; readonly lines: number };
  readonly path: P;
  readonly input: InputOf<P>;
  readonly isSensitive?: boolean;
  readonly children: (answer: OutputOf<P>) => ReactNode;
}

/** What of a record is looked up only when somebody asks, since asking is on record. */
export function AskedSection<P extends CallPath>({ id, title, ask, note, waiting, path, input, isSensitive = false, children }: AskedSectionProps<P>) {
  const [isWanted, setWanted] = useState(false);
  const call = useCall(path, input, { enabled: isWanted, isOnce: true, isSensitive });
  return (
    <section aria-labelledby={id}>
      <div className="record-line-head">
        <h3 id={id} className="eyebrow">
          {title}
        </h3>
        {!isWanted && (
          <Button kind="quiet" onPress={() => setWanted(true)}>
            {ask}
          </Button>
        )}
      </div>
      {!isWanted && <p className="quiet">{note}</p>}
      {isWanted && call.isPending && <Skeleton lines={waiting.lines} label={waiting.label} />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
      {call.data !== undefined && children(call.data)}
    </section>
  );
}
