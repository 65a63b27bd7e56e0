"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf } from "../components/local-time.ts";
import { Segments } from "../components/segments.tsx";
import { useTell } from "../frame/notices.tsx";
import type { ProposalRow } from "./policy-content.ts";

const WHEN = [
  { id: "now", text: "As soon as it is approved" },
  { id: "date", text: "At a date" },
] as const;

/** Puts a proposal to approval: exactly the document that was looked at, with when it is to take effect. */
export function AskDialog({ proposal, onClose }: { readonly proposal: ProposalRow; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const [when, setWhen] = useState<"now" | "date">("now");
  const [date, setDate] = useState("");
  const [isTried, setTried] = useState(false);
  const [openedAt] = useState(() => new Date());
  const ask = useChange("approvals.requestPolicyChange", {
    refreshes: ["approvals.list", "policy.proposals", "policy.proposal"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it, by passkey." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  const fault = when === "now" ? null : endFault(date, { after: openedAt, isNeeded: true });
  return (
    <Dialog title="Put a policy to approval" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        hint="Whoever decides reads it; the trail holds a commitment to it."
        recorded={
          <ul>
            <li>that you asked for version {proposal.version}, its digest, and when it is to take effect</li>
            <li>once it is approved: both versions with their digests, and the custodian&apos;s signature</li>
          </ul>
        }
        isReady={fault === null}
        onTried={() => setTried(true)}
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => ask.mutate({ proposalId: proposal.proposalId, digest: proposal.digest, effectiveAt: when === "now" ? null : isoOf(date), reason })}
      >
        <p>
          Another administrator sees the difference and decides, by passkey. You can&apos;t decide on it yourself, nor withdraw what is approved; going back is a proposal of its
          own.
        </p>
        <div>
          <Segments label="When it takes effect" options={WHEN} value={when} onChange={(id) => setWhen(id === "date" ? "date" : "now")} />
        </div>
        {when === "date" && <Field label="Date and time, as it is here" type="datetime-local" value={date} onChange={setDate} error={isTried ? fault : null} />}
      </ActForm>
    </Dialog>
  );
}
