"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Recipient } from "./recipients-page.tsx";

/** Asks for a recipient to be withdrawn, for good. */
export function WithdrawRecipient({ recipient: { recipientId, name }, onClose }: { readonly recipient: Recipient; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestRecipientEnd", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Withdraw a recipient" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isDanger
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => ask.mutate({ recipientId, reason })}
        recorded={
          <ul>
            <li>that you asked for {name} to be withdrawn</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          Nothing is sealed to <strong>{name}</strong> any more, for good. What was sealed before stays theirs to open. Their key is never given to another recipient.
        </p>
      </ActForm>
    </Dialog>
  );
}
