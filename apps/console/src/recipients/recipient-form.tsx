"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Recipient } from "./recipients-page.tsx";

const KEY = /^age1[023456789ac-hj-np-z]{58}$/;
const KINDS = [
  { id: "agency", text: "Agency" },
  { id: "sponsor", text: "Sponsor" },
] as const;

/** Asks for a recipient, or for another name or key of one. */
export function RecipientForm({ recipient, onClose }: { readonly recipient: Recipient | null; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const [kind, setKind] = useState<string | null>(recipient?.kind ?? "agency");
  const [name, setName] = useState(recipient?.name ?? "");
  const [key, setKey] = useState(recipient?.key ?? "");
  const [isTried, setTried] = useState(false);
  const isName = name.trim().length >= 3;
  const isKey = KEY.test(key.trim());
  const ask = useChange("approvals.requestRecipient", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator compares the fingerprint and approves it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title={recipient === null ? "Register a recipient" : "Change a recipient"} isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isReady={isName && isKey && kind !== null}
        onTried={() => setTried(true)}
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) =>
          ask.mutate({
            ...(recipient !== null && { recipientId: recipient.recipientId }),
            kind: kind === "sponsor" ? "sponsor" : "agency",
            name: name.trim(),
            key: key.trim(),
            reason,
          })
        }
        recorded={
          <ul>
            <li>that you asked for this recipient with the fingerprint of this key</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>Packets are sealed to this key: whoever has its secret half opens them. Another administrator approves it with the fingerprint before them.</p>
        {recipient === null && <Select label="What it is" options={KINDS} value={kind} onChange={setKind} />}
        <Field
          label="Name"
          value={name}
          onChange={setName}
          maxLength={120}
          autoComplete="off"
          hint="As it is printed."
          error={isTried && !isName ? "At least three characters." : null}
        />
        <Field
          label="Key"
          value={key}
          onChange={setKey}
          maxLength={62}
          isCode
          autoComplete="off"
          hint="The line that begins with age1, as age-keygen shows it."
          error={isTried && !isKey ? "An X25519 recipient: age1 and 58 letters and digits." : null}
        />
      </ActForm>
    </Dialog>
  );
}
