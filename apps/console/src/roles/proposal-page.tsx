"use client";

import { isErrorCode } from "@sallyport/errors";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { WireFailure } from "../api/wire-failure.ts";
import { Button, ButtonLink } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, PageHead, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { DifferencePanel } from "./difference-panel.tsx";
import { ImpactPanel } from "./impact-panel.tsx";
import type { Proposal } from "./policy-content.ts";
import { PROPOSAL_STATE } from "./proposal-text.ts";
import { ReplayPanel } from "./replay-panel.tsx";
import { TestsPanel } from "./tests-panel.tsx";

const AskDialog = dynamic(async () => (await import("./ask-dialog.tsx")).AskDialog, { ssr: false });

/** One proposal: what it changes, what its tests say, who gains and loses what by it, and what it would have decided otherwise. */
export function ProposalPage({ proposalId }: { readonly proposalId: string }) {
  const call = useCall("policy.proposal", { proposalId }, { isOnce: true });
  return (
    <div className="stack roles">
      <PageHead title="Proposal of a policy">
        <Link href="/roles/proposals">All proposals</Link>
      </PageHead>
      {call.isPending && <Skeleton lines={12} label="Loading the proposal, and what it does to whom" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.data !== undefined && (
        <>
          <ProposalHead proposal={call.data} onAgain={() => void call.refetch()} isLooking={call.isFetching} />
          <TestsPanel tests={call.data.tests} />
          <DifferencePanel difference={call.data.difference} />
          <ImpactPanel impact={call.data.impact} proposal={call.data.proposal} />
          <ReplayPanel proposalId={proposalId} />
        </>
      )}
    </div>
  );
}

interface ProposalHeadProps {
  readonly proposal: Proposal;
  readonly onAgain: () => void;
  readonly isLooking: boolean;
}

function ProposalHead({ proposal: { proposal, refused }, onAgain, isLooking }: ProposalHeadProps) {
  const mayChange = useMay("role.change");
  const [isAsking, setAsking] = useState(false);
  const { version, title, base, proposedBy, proposedByName, proposedAt, state, isMine, isStale, digest, approvalId, proposalId } = proposal;
  const isOpen = state !== "requested" && state !== "approved" && state !== "done";
  return (
    <section className="panel" aria-labelledby="proposal-title">
      <div className="panel-head">
        <h2 id="proposal-title" className="panel-title">
          Version {version}: {title} <Badge tone={PROPOSAL_STATE[state].tone}>{PROPOSAL_STATE[state].text}</Badge>{" "}
          {isStale && state !== "done" && <Badge tone="caution">overtaken by another version</Badge>}
        </h2>
        <span className="page-acts">
          <Button isPending={isLooking} onPress={onAgain}>
            Work it out again
          </Button>
          {mayChange && isOpen && <ButtonLink href={`/roles/edit?from=${proposalId}`}>Go on editing</ButtonLink>}
          {mayChange && isMine && isOpen && (
            <Button kind="primary" isDisabled={refused !== null} onPress={() => setAsking(true)}>
              Put it to approval
            </Button>
          )}
        </span>
      </div>
      {refused !== null && isOpen && isErrorCode(refused) && <Refusal failure={new WireFailure(refused)} isInline />}
      {!isMine && isOpen && <p className="quiet">Only who made a proposal puts it to approval, so that nobody approves what they made.</p>}
      <dl className="pairs">
        <dt>Made from</dt>
        <dd>version {base}</dd>
        <dt>By</dt>
        <dd>
          {isMine ? "you" : (proposedByName ?? proposedBy)}, <Moment at={proposedAt} />
        </dd>
        <dt>Digest</dt>
        <dd>{digest}</dd>
        {approvalId !== null && (
          <>
            <dt>Request</dt>
            <dd>
              <Link href={`/approvals?show=all&request=${approvalId}`}>{approvalId}</Link>
            </dd>
          </>
        )}
      </dl>
      {isAsking && <AskDialog proposal={proposal} onClose={() => setAsking(false)} />}
    </section>
  );
}
