"use client";

import { useRouter } from "next/navigation";
import { useId, useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";

type ActPath = "people.endSessions" | "people.suspend" | "approvals.requestSuspend" | "approvals.requestReinstate" | "approvals.requestRecovery";

export interface ActOnPersonProps {
  readonly path: ActPath;
  readonly personId: string;
  readonly title: string;
  readonly button: string;
  /** What will be so, before it is asked for. */
  readonly effect: string;
  readonly isDanger?: boolean;
}

const REASON_MIN = 8;

/** One act on a person: closed at first; opened, it says its effect and asks for a reason. What needs two people leads on to its request. */
export function ActOnPerson({ path, personId, title, button, effect, isDanger = false }: ActOnPersonProps) {
  const router = useRouter();
  const tell = useTell();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isReady = reason.trim().length >= REASON_MIN;
  const act = useChange(path, {
    refreshes: ["people.list", "approvals.list"],
    onDone: (output) => {
      setOpen(false);
      setReason("");
      setTried(false);
      if ("approval" in output) {
        tell({ tone: "done", text: "Asked for. Another person has to approve it." });
        router.push(`/approvals?show=mine&request=${output.approval.approvalId}`);
      } else tell({ tone: "done", text: "ended" in output ? `${output.ended} session${output.ended === 1 ? "" : "s"} ended.` : "Suspended. Tokens stop within a second." });
    },
  });
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
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (isReady) act.mutate({ personId, reason: reason.trim() });
          }}
        >
          <p>{effect}</p>
          <Field label="Reason" value={reason} onChange={setReason} rows={2} maxLength={500} error={isTried && !isReady ? `At least ${REASON_MIN} characters.` : null} />
          {act.isError && <Refusal failure={act.error} isInline />}
          <div className="form-acts">
            <Button onPress={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" kind={isDanger ? "danger" : "primary"} isPending={act.isPending}>
              {button}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
