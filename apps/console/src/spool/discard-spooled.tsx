"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { useTell } from "../frame/notices.tsx";
import { bytesText, counted } from "../packets/packet-text.ts";
import { type Spooled, waitingByService } from "./spool-text.ts";

/** Asks for requests that wait to be discarded. What was chosen stays chosen while the list goes on. */
export function DiscardSpooled({ chosen, onClose }: { readonly chosen: readonly Spooled[]; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const [oldest] = chosen;
  const ask = useChange("approvals.requestSpoolDiscard", {
    refreshes: ["approvals.list", "spool.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Discard what waits" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isDanger
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => ask.mutate({ receipts: chosen.map(({ receipt }) => receipt), reason })}
        recorded={
          <ul>
            <li>that you asked for these {counted(chosen.length, "request")} to be discarded: their receipts, their number, and the digest of what is sealed of them</li>
            <li>once another administrator approves: that, and when each node removed what was sealed, and whether an earlier attempt had been done</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          What was sealed of them is removed without being opened, for good. The services learn it by their receipts and have to send again. Until it is approved they may still be
          replayed: to stop a service at once, lock it.
        </p>
        <dl className="pairs pairs-plain">
          {waitingByService(chosen).map(({ principal, count, bytes }) => (
            <div key={principal} className="pair">
              <dt>
                <code>{principal}</code>
              </dt>
              <dd>
                {counted(count, "request")}, {bytesText(bytes)} sealed
              </dd>
            </div>
          ))}
          {oldest !== undefined && (
            <>
              <dt>The oldest</dt>
              <dd>
                <Moment at={oldest.takenAt} />
              </dd>
            </>
          )}
        </dl>
      </ActForm>
    </Dialog>
  );
}
