"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import type { SealedPacket } from "./submission-text.ts";

/** Asks for a packet's release. */
export function RequestEgress({ packet, onClose }: { readonly packet: SealedPacket; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestEgress", {
    refreshes: ["approvals.list", "submissions.get"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Somebody else has to approve it with a passkey." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Ask for its release" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => ask.mutate({ packetId: packet.packetId, reason })}
        recorded={
          <ul>
            <li>that you asked for this packet to be released to {packet.recipientName}, with its manifest&apos;s digest</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          Somebody else who may release it at every site of the study approves it with a passkey. The manifest is signed by that; the sequence stays as it is from then on. The
          packet leaves only when it was sealed and submitted.
        </p>
        <dl className="pairs pairs-plain">
          <dt>For</dt>
          <dd>{packet.recipientName}</dd>
          <dt>SHA-256 of the manifest</dt>
          <dd>
            <code className="document-digest">{packet.digest}</code>
          </dd>
        </dl>
      </ActForm>
    </Dialog>
  );
}
