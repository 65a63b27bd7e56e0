"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Ring } from "./ring-text.ts";

/** Asks for the end of the earliest retired key, which takes a second person. Nothing where there is none. */
export function DestroyKey({ ring: { ring, keys } }: { readonly ring: Ring }) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestKeyDestroy", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. An administrator has to approve it with a passkey." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  const key = keys.find(({ state }) => state === "retired");
  // An audit key is kept as long as what it verifies.
  if (key === undefined || (ring === "audit" && key.dataKeys !== 0)) return null;
  return (
    <ActSection
      title={`Destroy ${key.keyId}`}
      button="Ask for approval"
      isDanger
      effect={
        <p>
          {ring === "kek"
            ? "Its secret is destroyed for good. A backup or dump with data keys wrapped under it is never opened again. An administrator has to approve it with a passkey."
            : ring === "ca"
              ? "Its secret is destroyed for good. Certificates that it issued are refused already. An administrator has to approve it with a passkey."
              : ring === "audit"
                ? "Its secret is destroyed for good. Every generation that it sealed is archived and gone from the database. An administrator has to approve it with a passkey."
                : ring === "sign"
                  ? "Its secret is destroyed for good. What it signed verifies by its public key, which is kept. An administrator has to approve it with a passkey."
                  : "Its secret is destroyed for good. Tokens that were signed with it are over already. An administrator has to approve it with a passkey."}
        </p>
      }
      recorded={<li>that you asked for its destruction</li>}
      isPending={ask.isPending}
      failure={ask.error}
      onGo={(reason) => ask.mutateAsync({ keyId: key.keyId, reason })}
    />
  );
}
