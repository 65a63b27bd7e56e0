"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Ring } from "./ring-text.ts";

/** Asks for the next key to be put in use, where that takes a second person. Nothing where there is none, or where it is a step. */
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
  const key = keys.find(({ state }) => state === "next");
  const takesTwo = steps.some(({ step, blockers }) => step === "activate" && blockers.some(({ kind }) => kind === "approval"));
  if (key === undefined || !takesTwo) return null;
  return (
    <ActSection
      title={`Put ${key.keyId} in use`}
      button="Ask for approval"
      effect={
        <p>
          {ring === "sign"
            ? "What the custodian signs from then on is signed with this key. A handover, signed by both, goes along: who compared the fingerprint before can go on with that one. Witnesses have to have its verifier key first. An administrator has to approve it with a passkey."
            : "Every chain of the trail goes on in its next generation, sealed with this key, while records are written. What was sealed before stays verifiable, and closed. An administrator has to approve it with a passkey."}
        </p>
      }
      recorded={<li>that you asked for it</li>}
      isPending={ask.isPending}
      failure={ask.error}
      onGo={(reason) => ask.mutateAsync({ keyId: key.keyId, reason })}
    />
  );
}
