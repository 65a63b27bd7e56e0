"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { ButtonLink } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import type { ProposalRow } from "./policy-content.ts";
import { PROPOSAL_STATE } from "./proposal-text.ts";

/** What was proposed of the policy, and what became of it. */
export function ProposalsPage() {
  const list = useCall("policy.proposals", {});
  const mayChange = useMay("role.change");
  return (
    <>
      <PageHead title="Proposals of a policy" lead="Each is a document that nobody changes any more, with its tests. Only who made one puts it to approval.">
        <ButtonLink href="/roles">The policy in force</ButtonLink>
        {mayChange && (
          <ButtonLink href="/roles/edit" kind="primary">
            Propose a change
          </ButtonLink>
        )}
      </PageHead>
      <section className="panel" aria-label="Proposals">
        {list.isPending && <Skeleton lines={6} label="Loading the proposals" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && list.data.proposals.length === 0 && (
          <EmptyState title="Nothing was proposed yet">What roles may do is changed by a proposal that a second person approves.</EmptyState>
        )}
        {list.data !== undefined && list.data.proposals.length > 0 && (
          <Table caption="Proposals, newest first" rows={list.data.proposals} keyOf={({ proposalId }) => proposalId} columns={COLUMNS} />
        )}
      </section>
    </>
  );
}

const COLUMNS: readonly Column<ProposalRow>[] = [
  {
    key: "title",
    title: "Proposal",
    isHeader: true,
    cell: ({ proposalId, title, version }) => (
      <Link href={`/roles/proposals/${proposalId}`} className="row-open">
        Version {version}: {title}
      </Link>
    ),
  },
  { key: "base", title: "From", cell: ({ base }) => `version ${base}` },
  { key: "by", title: "By", cell: ({ isMine, proposedByName, proposedBy }) => (isMine ? "you" : (proposedByName ?? proposedBy)) },
  { key: "at", title: "Proposed", isWide: true, cell: ({ proposedAt }) => <Moment at={proposedAt} /> },
  {
    key: "state",
    title: "State",
    cell: ({ state, isStale }) => (
      <span className="badges">
        <Badge tone={PROPOSAL_STATE[state].tone}>{PROPOSAL_STATE[state].text}</Badge>
        {isStale && state !== "done" && <Badge tone="caution">overtaken</Badge>}
      </span>
    ),
  },
];
