"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Lock } from "./lock-text.ts";

/** One lock with what is known of it, and lifting it: at once by who set it, else with a second person. */
export function StandingLock({ lock }: { readonly lock: Lock }) {
  return (
    <>
      <dl className="pairs pairs-plain">
        <dt>Lock</dt>
        <dd>{lock.isInForce ? <Badge tone="shut">in force</Badge> : <Badge>{lock.lifted === null ? "ended" : "lifted"}</Badge>}</dd>
        <dt>Set by</dt>
        <dd>
          {lock.setBy}, <Moment at={lock.setAt} />
        </dd>
        <dt>Until</dt>
        <dd>{lock.until === null ? "it is lifted" : <Moment at={lock.until} />}</dd>
        <dt>Reason</dt>
        <dd>{lock.reason}</dd>
        {lock.lifted !== null && (
          <>
            <dt>Lifted by</dt>
            <dd>
              {lock.lifted.by}, <Moment at={lock.lifted.at} />
            </dd>
          </>
        )}
      </dl>
      {lock.mayLift !== null && <Lift lock={lock} />}
    </>
  );
}

function Lift({ lock: { lockId, mayLift } }: { readonly lock: Lock }) {
  const router = useRouter();
  const tell = useTell();
  const isAsked = mayLift === "approval";
  const act = useChange(isAsked ? "approvals.requestLockLift" : "locks.lift", {
    refreshes: ["locks.list", "people.list", "approvals.list", "overview.get"],
    onDone: (output) => {
      tell({ tone: "done", text: "approval" in output ? "Asked for. Another person has to approve it." : "Lifted. Both acts stay on record." });
      if ("approval" in output) router.push(`/approvals?show=mine&request=${output.approval.approvalId}`);
    },
  });
  return (
    <ActSection
      title="Lift the lock"
      button={isAsked ? "Ask for approval" : "Lift it now"}
      effect={
        <p>
          {isAsked
            ? "Somebody else set it: another person has to approve that it is lifted."
            : "You set it, so you lift it at once. Sessions that ended don't come back; who was stopped signs in anew."}
        </p>
      }
      recorded={<li>{isAsked ? "that you asked for its lifting" : "that you lifted it, and when"}; that it was set stays on record</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ lockId, reason })}
    />
  );
}
