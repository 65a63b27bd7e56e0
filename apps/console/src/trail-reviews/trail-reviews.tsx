"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { TrailReviewState } from "./trail-review-state.tsx";
import { progressText, scopeText, type TrailReview } from "./trail-review-text.ts";

const columns: readonly Column<TrailReview>[] = [
  { key: "scope", title: "Scope", isHeader: true, cell: (review) => <Link href={`/reviews/trail/${review.reviewId}`}>{scopeText(review)}</Link> },
  { key: "state", title: "State", cell: (review) => <TrailReviewState review={review} /> },
  { key: "progress", title: "Progress", cell: progressText },
  { key: "reviewer", title: "Reviewer", cell: ({ reviewer }) => reviewer?.name ?? <span className="quiet">nobody yet</span> },
  { key: "due", title: "Due", cell: ({ due }) => <Moment at={due} /> },
  { key: "by", title: "Opened by", isWide: true, cell: ({ openedBy }) => openedBy },
];

/** Reviews of the trail, the open ones first. */
export function TrailReviews() {
  const list = useCall("trailReviews.list", {});
  return (
    <Panel id="trail-reviews" title="Reviews of the trail">
      {list.isPending && <Skeleton lines={8} label="Loading reviews of the trail" />}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined &&
        (list.data.reviews.length === 0 ? (
          <EmptyState title="No review so far">
            Fixed rules find in a period what should be looked at: changed rights, reveals out of hours, bursts of denials, emergencies. Somebody who did none of it decides each
            item, and signs the whole off against checkpoints.
          </EmptyState>
        ) : (
          <Table caption="Reviews of the trail, open ones first" rows={list.data.reviews} keyOf={({ reviewId }) => reviewId} columns={columns} />
        ))}
    </Panel>
  );
}
