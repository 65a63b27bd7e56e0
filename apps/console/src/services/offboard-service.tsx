"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { heldInOrder, heldKey } from "../people/held.ts";
import { placeText } from "../people/place-text.ts";
import type { Service } from "./service-text.ts";

/** Ends a service for good, in one act that lists it; one that holds what two people give is asked for. */
export function OffboardService({ service: { service, needsApproval, assignments }, nowMs }: { readonly service: Service; readonly nowMs: number }) {
  const router = useRouter();
  const tell = useTell();
  const mayOffboard = useMay("workload.revoke");
  const act = useChange(needsApproval ? "approvals.requestServiceOffboard" : "workloads.offboard", {
    refreshes: ["workloads.list", "approvals.list"],
    onDone: (output) => {
      if (!("approval" in output)) return tell({ tone: "done", text: "Offboarded. Its next request is refused." });
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      router.push(`/approvals?show=mine&request=${output.approval.approvalId}`);
    },
  });
  if (!mayOffboard) return null;
  const ending = heldInOrder(assignments, nowMs).filter(({ state }) => state !== "over");
  return (
    <ActSection
      title="Offboard"
      button={needsApproval ? "Ask for approval" : "Offboard for good"}
      isDanger
      effect={
        <>
          <p>
            {needsApproval
              ? "It holds what two people give, so another administrator has to approve. Then all of this ends for good, in one act:"
              : "All of this ends for good, in one act. There is no undoing, and its name is never given again."}
          </p>
          <ul className="will-end">
            <li>its certificates and tokens, and it gets no others</li>
            {ending.length === 0 && <li>no assignment: it holds none</li>}
            {ending.map(({ held }) => (
              <li key={heldKey(held)}>
                <code>{held.role}</code> {placeText(held)}
              </li>
            ))}
            <li>every code and open request that is about it</li>
          </ul>
        </>
      }
      recorded={<li>{needsApproval ? "that you asked for its end" : "that you offboarded it, and how much of each ended"}</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ service, reason })}
    />
  );
}
