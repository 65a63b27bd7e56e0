"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { EffectList } from "../components/effect-list.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import type { VersionRow } from "./history-page.tsx";

interface VersionDrawerProps {
  readonly row: VersionRow;
  /** Whether another version is approved for a date: it is overtaken by going back to the one in force. */
  readonly isAnotherDue: boolean;
  readonly onClose: () => void;
}

/** One version: what it changed, who approved it, and the way back to it. */
export function VersionDrawer({ row, isAnotherDue, onClose }: VersionDrawerProps) {
  const call = useCall("policy.version", { version: row.version }, { isOnce: true });
  const mayChange = useMay("role.change");
  const [isReverting, setReverting] = useState(false);
  if (isReverting) return <RevertDialog row={row} onClose={() => setReverting(false)} />;
  return (
    <Dialog title="Version of the policy" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        <p className="person-title">
          <strong>
            {row.version}: {row.title}
          </strong>{" "}
          <code className="quiet">{row.label}</code>
        </p>
        {row.approvalId === null ? <p className="quiet">It came with the product, and was signed when this deployment was founded.</p> : <Approved approvalId={row.approvalId} />}
        <section aria-labelledby="changed-title">
          <h3 id="changed-title" className="part-title">
            What it changed of the one before
          </h3>
          {call.isPending && <Skeleton lines={5} label="Loading the version" />}
          {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
          {call.data !== undefined && call.data.difference.length === 0 && <p className="quiet">Nothing: there was none before it, or it says the same.</p>}
          {call.data !== undefined && call.data.difference.length > 0 && <EffectList lines={call.data.difference} />}
        </section>
        {mayChange && row.state !== "scheduled" && (row.state !== "active" || isAnotherDue) && (
          <div className="form-acts">
            {row.state === "active" && <p className="quiet">Another version is approved for a date. Staying with this one overtakes it, so that it never takes effect.</p>}
            <Button onPress={() => setReverting(true)}>{row.state === "active" ? "Stay with this version" : "Go back to this version"}</Button>
          </div>
        )}
      </DialogBody>
    </Dialog>
  );
}

/** Who asked and who approved, as the request has it. */
function Approved({ approvalId }: { readonly approvalId: string }) {
  const call = useCall("approvals.get", { approvalId }, { isOnce: true });
  return (
    <section aria-labelledby="approved-title">
      <h3 id="approved-title" className="part-title">
        Approved under <Link href={`/approvals?show=all&request=${approvalId}`}>the request</Link>
      </h3>
      {call.isPending && <Skeleton lines={2} label="Loading the request" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} isInline />}
      {call.data !== undefined && (
        <ul className="votes">
          <li>
            Asked by {call.data.requestedBy.printedName}, <Moment at={call.data.requestedAt} />
          </li>
          {call.data.votes.map(({ personId, printedName, verdict, at }) => (
            <li key={personId}>
              <Badge tone={verdict === "approve" ? "stands" : "shut"}>{verdict === "approve" ? "approved" : "rejected"}</Badge> {printedName}, <Moment at={at} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Asks for an earlier version's document and tests as the next version: one act, decided like any other change. */
function RevertDialog({ row, onClose }: Omit<VersionDrawerProps, "isAnotherDue">) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestPolicyRevert", {
    refreshes: ["approvals.list", "policy.proposals"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it, by passkey." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Go back to an earlier version" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isDanger
        hint="Whoever decides reads it; the trail holds a commitment to it."
        recorded={
          <ul>
            <li>that you proposed version {row.version}&apos;s document again as a new version, and asked for it</li>
            <li>once it is approved: both versions with their digests, and the custodian&apos;s signature</li>
          </ul>
        }
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        onGo={(reason) => ask.mutate({ version: row.version, reason })}
      >
        <p>
          What version {row.version} says, and its tests, become a new version as soon as another administrator approves it, by passkey. What was made since stays in the history,
          and is no longer in force.
        </p>
      </ActForm>
    </Dialog>
  );
}
