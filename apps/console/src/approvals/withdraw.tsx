"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";

/** Takes back one's own request while it is open. */
export function Withdraw({ approvalId }: { readonly approvalId: string }) {
  const tell = useTell();
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isReady = reason.trim().length >= REASON_MIN;
  const withdraw = useChange("approvals.withdraw", {
    refreshes: ["approvals.list", "approvals.get"],
    onDone: () => tell({ tone: "done", text: "Withdrawn. Nothing was changed." }),
  });
  if (!isAsking) {
    return (
      <div className="form-acts">
        <Button onPress={() => setAsking(true)}>Withdraw this request</Button>
      </div>
    );
  }
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isReady) withdraw.mutate({ approvalId, reason: reason.trim() });
      }}
    >
      <Field label="Why it is withdrawn" value={reason} onChange={setReason} rows={2} maxLength={500} error={isTried && !isReady ? `At least ${REASON_MIN} characters.` : null} />
      {withdraw.isError && <Refusal failure={withdraw.error} isInline />}
      <div className="form-acts">
        <Button onPress={() => setAsking(false)}>Keep it</Button>
        <Button type="submit" kind="danger" isPending={withdraw.isPending}>
          Withdraw
        </Button>
      </div>
    </form>
  );
}
