"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { useTell } from "../frame/notices.tsx";
import { Proof } from "../proof/proof.tsx";
import type { ApprovalDetail } from "./approval-text.ts";

const VERDICTS = [
  { id: "approve", text: "Approve" },
  { id: "reject", text: "Reject" },
] as const;

/**
 * A verdict with its reason. An approval is proven over the digest that is shown, so nobody approves what they did not see; a rejection
 * needs no proof, since it lets nothing happen.
 */
export function Decide({ approval, onAgain }: { readonly approval: ApprovalDetail; readonly onAgain: () => void }) {
  const tell = useTell();
  const me = useCall("me.overview", {});
  const [verdict, setVerdict] = useState<"approve" | "reject">("approve");
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const isReady = reason.trim().length >= REASON_MIN;
  const decide = useChange("approvals.decide", {
    refreshes: ["approvals.list", "approvals.get", "people.list", "policy.current", "policy.versions", "policy.proposals", "policy.proposal"],
    onDone: ({ approval: decided }) => tell({ tone: "done", text: decided.state === "rejected" ? "Rejected. Nothing was changed." : "Approved, and on record." }),
  });
  const send = (proof: Parameters<typeof decide.mutateAsync>[0]["proof"]) =>
    decide.mutateAsync({ approvalId: approval.approvalId, digest: approval.digest, verdict, reason: reason.trim(), proof });
  const isChanged = decide.error?.code === "approval.changed";
  return (
    <section className="decide" aria-labelledby="decide-title">
      <h3 id="decide-title" className="part-title">
        Your decision
      </h3>
      <div>
        <Segments label="Verdict" options={VERDICTS} value={verdict} onChange={(id) => setVerdict(id === "reject" ? "reject" : "approve")} />
      </div>
      <Field
        label="Reason"
        value={reason}
        onChange={setReason}
        rows={2}
        maxLength={500}
        hint="Sealed; the trail holds a commitment to it."
        error={isTried && !isReady ? `Give a reason of at least ${REASON_MIN} characters.` : null}
      />
      {verdict === "approve" ? (
        <Proof
          action="Approve"
          challenge={approval.challenge === null ? null : () => Promise.resolve(approval.challenge ?? "")}
          hasPassword={me.data?.authenticators.some(({ kind }) => kind === "password") ?? approval.challenge === null}
          isReady={isReady}
          onUnready={() => setTried(true)}
          onProof={send}
        />
      ) : (
        <div className="form-acts">
          <Button
            kind="danger"
            isPending={decide.isPending}
            onPress={() => {
              setTried(true);
              if (isReady) decide.mutate({ approvalId: approval.approvalId, digest: approval.digest, verdict, reason: reason.trim(), proof: null });
            }}
          >
            Reject
          </Button>
        </div>
      )}
      {decide.isError && verdict === "reject" && <Refusal failure={decide.error} isInline />}
      {isChanged && <Button onPress={onAgain}>Look at it again</Button>}
    </section>
  );
}
