"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Study } from "./study-text.ts";

/** Asks for another day until which a study's data are kept, which takes a second person. */
export function ChangeRetention({ study: { study, retainedUntil }, onClose }: { readonly study: Study; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const [until, setUntil] = useState(retainedUntil ?? "");
  const [isTried, setTried] = useState(false);
  const isReady = /^\d{4}-\d{2}-\d{2}$/.test(until) && until !== retainedUntil;
  const act = useChange("approvals.requestRetention", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Until when its data are kept" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isReady={isReady}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => act.mutate({ study, until, reason })}
        recorded={
          <ul>
            <li>the day before and after, and that you asked for it</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>Before this day nobody has a subject of the study shredded. Another administrator has to approve the change.</p>
        <Field label="Kept until" type="date" value={until} onChange={setUntil} autoComplete="off" error={isTried && !isReady ? "Enter another day." : null} isRequired />
      </ActForm>
    </Dialog>
  );
}
