"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button, ButtonLink } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import type { ListedSubmission } from "./submission-text.ts";

const CreateSubmission = dynamic(async () => (await import("./create-submission.tsx")).CreateSubmission, { ssr: false });

/** Submissions of the studies that the person reaches whole. */
export function SubmissionsPage() {
  const mayAssemble = useMay("submission.assemble");
  const mayReadRecipients = useMay("recipient.read");
  const list = useCall("submissions.list", {});
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHead title="Submissions" lead="Released documents, put into sequences, sealed to a recipient's key and let out by two people.">
        {mayReadRecipients && <ButtonLink href="/recipients">Recipients</ButtonLink>}
        {mayAssemble && (
          <Button kind="primary" onPress={() => setCreating(true)}>
            <Icon name="plus" size={16} />
            Begin a submission
          </Button>
        )}
      </PageHead>
      <section className="panel" aria-label="Submissions">
        {list.isPending && <Skeleton lines={4} label="Loading submissions" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && list.data.submissions.length === 0 && (
          <EmptyState title="No submission yet">
            {mayAssemble
              ? "Begin one: its sequences take documents that were released and signed."
              : "They stand here once somebody who assembles them has begun one of a study that you reach whole."}
          </EmptyState>
        )}
        {list.data !== undefined && list.data.submissions.length > 0 && (
          <Table caption="Submissions, newest first" isLong rows={list.data.submissions} keyOf={({ submissionId }) => submissionId} columns={COLUMNS} />
        )}
      </section>
      {isCreating && <CreateSubmission onClose={() => setCreating(false)} />}
    </>
  );
}

const COLUMNS: readonly Column<ListedSubmission>[] = [
  {
    key: "submission",
    title: "Submission",
    isHeader: true,
    cell: ({ submissionId, title }) => (
      <>
        <Link href={`/submissions/${submissionId}`} className="row-open">
          {title}
        </Link>
        <span className="row-under">
          <code>{submissionId.slice(0, 12)}…</code>
        </span>
      </>
    ),
  },
  { key: "study", title: "Study", cell: ({ study }) => study },
  { key: "sequences", title: "Sequences", isNumber: true, cell: ({ sequences }) => sequences },
  { key: "created", title: "Begun", cell: ({ createdAt }) => <Moment at={createdAt} /> },
];
