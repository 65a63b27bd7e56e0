"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { EffectList } from "../components/effect-list.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { type ApprovalDetail, groupsOf, KIND_TEXT, proposalNamed, STATE_TEXT, WHY_NOT_TEXT } from "./approval-text.ts";
import { CarryOutArchival } from "./carry-out-archival.tsx";
import { CarryOutRelease } from "./carry-out-release.tsx";
import { Decide } from "./decide.tsx";
import { IssueLink } from "./issue-link.tsx";
import { Withdraw } from "./withdraw.tsx";

/** One request, with all that a second person has to see before they decide. */
export function ApprovalDrawer({ approvalId, onClose }: { readonly approvalId: string; readonly onClose: () => void }) {
  const call = useCall("approvals.get", { approvalId });
  return (
    <Dialog title={call.data === undefined ? "Request" : KIND_TEXT[call.data.kind]} shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {call.isPending && <Skeleton lines={8} label="Loading the request" />}
        {call.isError && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
        {call.data !== undefined && <Detail approval={call.data} onAgain={() => void call.refetch()} />}
      </DialogBody>
    </Dialog>
  );
}

function Detail({ approval, onAgain }: { readonly approval: ApprovalDetail; readonly onAgain: () => void }) {
  const { text, tone } = STATE_TEXT[approval.state];
  const proposalId = approval.kind === "policy.change" ? proposalNamed(approval.statement) : null;
  const mayIssue =
    approval.isMine && (approval.state === "approved" || approval.state === "done") && (approval.kind === "person.invite" || approval.kind === "authenticator.recover");
  return (
    <>
      <dl className="pairs pairs-plain">
        <dt>About</dt>
        <dd>{approval.about}</dd>
        <dt>State</dt>
        <dd>
          <Badge tone={tone}>{text}</Badge>
        </dd>
        <dt>Asked by</dt>
        <dd>
          {approval.isMine ? "you" : approval.requestedBy.printedName}, <Moment at={approval.requestedAt} />
        </dd>
        <dt>Open until</dt>
        <dd>
          <Moment at={approval.expiresAt} />
        </dd>
        <dt>Reason</dt>
        <dd>{approval.reason}</dd>
      </dl>
      <section aria-labelledby="effect-title">
        <h3 id="effect-title" className="part-title">
          What will be so, exactly
        </h3>
        <EffectList lines={approval.effect} />
        {proposalId !== null && (
          <p className="effect-more">
            <Link href={`/roles/proposals/${proposalId}`}>Who gains and who loses what by it, its tests, and what it would have decided otherwise</Link>
          </p>
        )}
      </section>
      <section aria-labelledby="digest-title">
        <h3 id="digest-title" className="part-title">
          Digest of the statement
        </h3>
        <code className="digest">
          {groupsOf(approval.digest).map((group, index) => (
            <span key={`${index}-${group}`}>{group}</span>
          ))}
        </code>
        <details className="statement">
          <summary>The exact text that it is over</summary>
          <pre>{approval.statement}</pre>
        </details>
      </section>
      {approval.votes.length > 0 && (
        <section aria-labelledby="votes-title">
          <h3 id="votes-title" className="part-title">
            Decided so far
          </h3>
          <ul className="votes">
            {approval.votes.map(({ personId, printedName, verdict, proof, at }) => (
              <li key={personId}>
                <Badge tone={verdict === "approve" ? "stands" : "shut"}>{verdict === "approve" ? "approved" : "rejected"}</Badge> {printedName}, <Moment at={at} />
                {proof !== null && <span className="quiet"> by {proof === "passkey" ? "passkey" : "password and code (server-attested)"}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {approval.mayDecide && <Decide key={approval.digest} approval={approval} onAgain={onAgain} />}
      {!approval.mayDecide && approval.whyNot !== null && approval.state === "requested" && <p className="advice">{WHY_NOT_TEXT[approval.whyNot]}</p>}
      {approval.kind === "incident.release" && approval.isMine && approval.state === "approved" && <CarryOutRelease approval={approval} />}
      {approval.kind === "trail.archive" && approval.isMine && approval.state === "approved" && <CarryOutArchival approval={approval} />}
      {mayIssue && <IssueLink approvalId={approval.approvalId} />}
      {approval.isMine && approval.state === "requested" && <Withdraw approvalId={approval.approvalId} />}
    </>
  );
}
