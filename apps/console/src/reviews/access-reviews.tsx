"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { ReviewState } from "./review-state.tsx";
import { progressText, type Review, scopeText } from "./review-text.ts";

const columns: readonly Column<Review>[] = [
  { key: "scope", title: "Scope", isHeader: true, cell: ({ reviewId, scope }) => <Link href={`/reviews/${reviewId}`}>{scopeText(scope)}</Link> },
  { key: "state", title: "State", cell: (review) => <ReviewState review={review} /> },
  { key: "progress", title: "Progress", cell: progressText },
  { key: "due", title: "Due", cell: ({ due }) => <Moment at={due} /> },
  { key: "by", title: "Opened by", isWide: true, cell: ({ openedBy }) => openedBy },
  { key: "at", title: "Opened", isWide: true, cell: ({ openedAt }) => <Moment at={openedAt} /> },
];

/** Reviews of who holds what, newest first. */
export function AccessReviews() {
  const list = useCall("reviews.list", {});
  return (
    <Panel id="access-reviews" title="Reviews of access">
      {list.isPending && <Skeleton lines={4} label="Loading reviews of access" />}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined &&
        (list.data.reviews.length === 0 ? (
          <EmptyState title="No review so far">
            A review holds who has which role at one moment; each line is kept or ended by somebody else, and the whole is signed off.
          </EmptyState>
        ) : (
          <Table caption="Reviews of access, newest first" rows={list.data.reviews} keyOf={({ reviewId }) => reviewId} columns={columns} />
        ))}
    </Panel>
  );
}
