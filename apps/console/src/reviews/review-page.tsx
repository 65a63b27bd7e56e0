"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { sendCall } from "../api/send.ts";
import { useCall } from "../api/use-call.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";
import { PageHead, Panel, Skeleton } from "../components/states.tsx";
import { ReviewState } from "./review-state.tsx";
import { progressText, type Review, scopeText } from "./review-text.ts";

const ReviewLines = dynamic(async () => (await import("./review-lines.tsx")).ReviewLines, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the lines" /> });
const SignOff = dynamic(async () => (await import("./sign-off.tsx")).SignOff, { ssr: false });

/** One review of access: its lines, how far it is, and its sign-off. */
export function ReviewPage({ reviewId }: { readonly reviewId: string }) {
  const call = useCall("reviews.get", { reviewId });
  const [isSigning, setSigning] = useState(false);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const review = call.data?.review;
  const save = () => {
    setFailure(null);
    sendCall("reviews.export", { reviewId }).then(
      ({ csv }) => saveFile(new Blob([csv], { type: "text/csv;charset=utf-8" }), `access-review-${reviewId.slice(4, 12)}.csv`),
      (error: unknown) => setFailure(toFailure(error)),
    );
  };
  return (
    <div className="stack">
      <PageHead title="Review of access" {...(review !== undefined && { lead: scopeText(review.scope) })}>
        <Link href="/reviews">All reviews</Link>
        {review?.signedOff !== null && review !== undefined && <Button onPress={save}>Export as CSV</Button>}
        {call.data?.maySignOff === true && (
          <Button kind="primary" onPress={() => setSigning(true)}>
            Sign off
          </Button>
        )}
      </PageHead>
      {call.isPending && (
        <div className="panel">
          <Skeleton lines={10} label="Loading the review" />
        </div>
      )}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {failure !== null && <Refusal failure={failure} isInline />}
      {call.data !== undefined && (
        <>
          <Standing review={call.data.review} reason={call.data.reason} />
          <Panel id="review-lines" title="Who holds what">
            <ReviewLines reviewId={reviewId} lines={call.data.items} />
          </Panel>
        </>
      )}
      {isSigning && review !== undefined && <SignOff review={review} onClose={() => setSigning(false)} />}
    </div>
  );
}

function Standing({ review, reason }: { readonly review: Review; readonly reason: string }) {
  const { signedOff } = review;
  return (
    <section className="panel" aria-label="How it stands">
      <dl className="pairs pairs-plain">
        <dt>State</dt>
        <dd>
          <ReviewState review={review} />
        </dd>
        <dt>Progress</dt>
        <dd>
          <progress className="progress" aria-label="Decided lines" max={review.lines} value={review.decided} /> {progressText(review)}
          {review.ended > 0 && `, ${review.ended.toLocaleString("en-GB")} ended`}
        </dd>
        <dt>Due</dt>
        <dd>
          <Moment at={review.due} />
        </dd>
        <dt>Opened by</dt>
        <dd>
          {review.openedBy}, <Moment at={review.openedAt} />
        </dd>
        <dt>Reason</dt>
        <dd>{reason}</dd>
        {signedOff !== null && (
          <>
            <dt>Signed off by</dt>
            <dd>
              {signedOff.by}, <Moment at={signedOff.at} />
            </dd>
            <dt>Digest</dt>
            <dd>
              <code className="hash">{signedOff.digest}</code>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
