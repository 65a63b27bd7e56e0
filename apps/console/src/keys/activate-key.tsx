"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Ring } from "./ring-text.ts";

const TURNED_BACK = {
  sign: "What the custodian signs from then on is signed with the key before. A handover, signed by both, goes along: who compared the fingerprint of either can go on with that one, so turn back only where neither key is in other hands.",
  audit:
    "Every chain of the trail goes on in one more generation, sealed with the key before, while records are written. The generations that the turn closed stay closed, and verifiable. Turn back only where neither key is in other hands: who has the one before can make records that look sealed with it.",
};
const IN_USE = {
  sign: "What the custodian signs from then on is signed with this key. A handover, signed by both, goes along: who compared the fingerprint before can go on with that one. Witnesses have to have its verifier key first.",
  audit: "Every chain of the trail goes on in its next generation, sealed with this key, while records are written. What was sealed before stays verifiable, and closed.",
};

/** Asks for the next key to be put in use, or the one before again, where that takes a second person. Nothing where there is none, or where it is a step. */
export function ActivateKey({ ring: { ring, keys, steps } }: { readonly ring: Ring }) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestKeyActivate", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. An administrator has to approve it with a passkey." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  const waiting = steps.find(({ step, blockers }) => (step === "activate" || step === "revert") && blockers.some(({ kind }) => kind === "approval"))?.step;
  const key = keys.find(({ state }) => state === (waiting === "revert" ? "retiring" : "next"));
  if (key === undefined || waiting === undefined) return null;
  const effect = (waiting === "revert" ? TURNED_BACK : IN_USE)[ring === "sign" ? "sign" : "audit"];
  return (
    <ActSection
      title={waiting === "revert" ? `Turn back to ${key.keyId}` : `Put ${key.keyId} in use`}
      button="Ask for approval"
      effect={<p>{effect} An administrator has to approve it with a passkey.</p>}
      recorded={<li>that you asked for it</li>}
      isPending={ask.isPending}
      failure={ask.error}
      onGo={(reason) => ask.mutateAsync({ keyId: key.keyId, reason })}
    />
  );
}
