"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import type { RecordRef } from "./record-ref.ts";

/** The reason that was given for an act. It is sealed, and the record commits to it: it is opened when it is asked for, which is on record. */
export function ReasonSection({ at }: { readonly at: RecordRef }) {
  const [isWanted, setWanted] = useState(false);
  const call = useCall("crossings.reason", { chain: at.chain, generation: at.generation, seq: at.seq }, { enabled: isWanted, isOnce: true, isSensitive: true });
  return (
    <section aria-labelledby="record-reason">
      <div className="record-line-head">
        <h3 id="record-reason" className="eyebrow">
          Reason given
        </h3>
        {!isWanted && (
          <Button kind="quiet" onPress={() => setWanted(true)}>
            Show the reason
          </Button>
        )}
      </div>
      {!isWanted && <p className="quiet">In words of whoever acted, and sealed. That you read it is on record.</p>}
      {isWanted && call.isPending && <Skeleton lines={2} label="Opening the reason" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
      {call.data !== undefined && <p className="record-reason">{call.data.reason ?? "It isn't kept here any more."}</p>}
    </section>
  );
}
