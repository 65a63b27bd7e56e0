"use client";

import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";

/** Makes the manifest of a packet for one recipient. Nothing leaves by that. */
export function PreparePacket({ submissionId, sequence, onClose }: { readonly submissionId: string; readonly sequence: string; readonly onClose: () => void }) {
  const tell = useTell();
  const list = useCall("recipients.list", {});
  const active = list.data?.recipients.filter(({ state }) => state === "active") ?? [];
  const [recipientId, setRecipient] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const chosen = active.find((each) => each.recipientId === recipientId);
  const prepare = useChange("submissions.prepare", {
    refreshes: ["submissions.get"],
    onDone: () => {
      tell({ tone: "done", text: "Prepared. Look at its manifest, then ask for its release." });
      onClose();
    },
  });
  return (
    <Dialog title={`A packet of sequence ${sequence}`} isOpen onClose={onClose}>
      <DialogBody>
        <p>Every document is read once, its backbone is made or checked, and the receipts of its signatures are put beside it. What comes out is a manifest for one recipient.</p>
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} isInline />}
        {list.data !== undefined && active.length === 0 ? (
          <EmptyState title="No recipient is registered">
            Two administrators register one: <Link href="/recipients">recipients</Link>.
          </EmptyState>
        ) : (
          <Select
            label="Recipient"
            options={active.map((each) => ({ id: each.recipientId, text: each.name, about: each.fingerprint.slice(0, 23) }))}
            value={recipientId}
            onChange={setRecipient}
            isDisabled={list.data === undefined}
            error={isTried && recipientId === null ? "Choose to whom it goes." : null}
          />
        )}
        {chosen !== undefined && (
          <dl className="pairs pairs-plain">
            <dt>Their key</dt>
            <dd>
              <code className="document-digest">{chosen.fingerprint}</code>
            </dd>
          </dl>
        )}
        {prepare.isError && <Refusal failure={prepare.error} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        <Button
          kind="primary"
          isPending={prepare.isPending}
          onPress={() => {
            setTried(true);
            if (recipientId !== null) prepare.mutate({ submissionId, sequence, recipientId });
          }}
        >
          Prepare it
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
