"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { TrailItems } from "./trail-items.tsx";
import { TrailReviewState } from "./trail-review-state.tsx";
import { hoursText, type ItemFilter, itemsShown, progressText, type Risk, RISK_TEXT, scopeText } from "./trail-review-text.ts";

const AssignReviewer = dynamic(async () => (await import("./assign-reviewer.tsx")).AssignReviewer, { ssr: false });
const SignOffTrailReview = dynamic(async () => (await import("./sign-off-trail-review.tsx")).SignOffTrailReview, { ssr: false });

type Got = OutputOf<"trailReviews.get">;

/** One review of the trail: what its rules found, how far it is, whose it is, and its sign-off. */
export function TrailReviewPage({ reviewId }: { readonly reviewId: string }) {
  const call = useCall("trailReviews.get", { reviewId });
  const [dialog, setDialog] = useState<"assign" | "sign" | null>(null);
  const got = call.data;
  const close = () => setDialog(null);
  return (
    <div className="stack">
      <PageHead title="Review of the trail" {...(got !== undefined && { lead: scopeText(got.review) })}>
        <Link href="/reviews">All reviews</Link>
        {got?.review.signedOff === null && (
          <Button kind={got.review.reviewer === null ? "primary" : "plain"} onPress={() => setDialog("assign")}>
            {got.review.reviewer === null ? "Assign" : "Assign to somebody else"}
          </Button>
        )}
        {got?.maySignOff === true && (
          <Button kind="primary" onPress={() => setDialog("sign")}>
            Sign off
          </Button>
        )}
      </PageHead>
      {call.isPending && (
        <div className="panel">
          <Skeleton lines={10} label="Loading the review" />
        </div>
      )}
      {got === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {got !== undefined && (
        <>
          <Standing got={got} />
          <Found got={got} />
        </>
      )}
      {got !== undefined && dialog === "assign" && <AssignReviewer got={got} onClose={close} />}
      {got !== undefined && dialog === "sign" && <SignOffTrailReview review={got.review} onClose={close} />}
    </div>
  );
}

function Standing({ got: { review, reason, signOffReason, whyNot } }: { readonly got: Got }) {
  const { signedOff, reviewer } = review;
  return (
    <section className="panel" aria-label="How it stands">
      <dl className="pairs pairs-plain">
        <dt>State</dt>
        <dd>
          <TrailReviewState review={review} />
        </dd>
        <dt>Progress</dt>
        <dd>
          {review.items > 0 && <progress className="progress" aria-label="Decided items" max={review.items} value={review.decided} />} {progressText(review)}
        </dd>
        <dt>Reviewer</dt>
        <dd>
          {reviewer?.name ?? "nobody yet"}
          {whyNot === "performed" && <span className="quiet">. You did something that is in it, so somebody else reviews it.</span>}
        </dd>
        <dt>Due</dt>
        <dd>
          <Moment at={review.due} />
        </dd>
        <dt>Looks for</dt>
        <dd>
          {review.risks.map((risk) => RISK_TEXT[risk].name).join(", ")}
          {review.risks.includes("reveal_hours") && <span className="quiet">. Working hours: {hoursText(review.workingHours)}</span>}
        </dd>
        <dt>Opened by</dt>
        <dd>
          {review.openedBy}, <Moment at={review.openedAt} />
        </dd>
        <dt>Reason</dt>
        <dd>{reason}</dd>
        <dt>Selection</dt>
        <dd>
          <code className="hash">{review.digest}</code>
        </dd>
        {signedOff !== null && (
          <>
            <dt>Signed off by</dt>
            <dd>
              {signedOff.by}, <Moment at={signedOff.at} />
              {signOffReason !== null && `: ${signOffReason}`}
            </dd>
            <dt>Digest</dt>
            <dd>
              <code className="hash">{signedOff.digest}</code>
            </dd>
            <dt>Against</dt>
            <dd>
              <ul className="plain-list">
                {signedOff.against.map(({ chain, generation, size, root }) => (
                  <li key={`${chain} ${generation}`}>
                    {chain}, {size.toLocaleString("en-GB")} records, root <code className="hash">{root}</code>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Found({ got: { review, items, whyNot } }: { readonly got: Got }) {
  const [filter, setFilter] = useState<ItemFilter>({ show: "all", risk: "any" });
  const shown = itemsShown(items, filter);
  const count = (risk: Risk): string => items.filter(({ risks }) => risks.includes(risk)).length.toLocaleString("en-GB");
  const mayDecide = whyNot === null;
  return (
    <Panel id="trail-items" title="What was found">
      {items.length === 0 ? (
        <EmptyState title="Nothing was found">
          The rules match no record of this place and period. {review.signedOff === null && "That is a result: its reviewer signs it off."}
        </EmptyState>
      ) : (
        <>
          <div className="item-filter">
            <Segments
              label="Show"
              value={filter.show}
              onChange={(show) => setFilter((now) => ({ ...now, show: show as ItemFilter["show"] }))}
              options={[
                { id: "all", text: "All" },
                { id: "open", text: "Undecided" },
                { id: "findings", text: "Findings" },
              ]}
            />
            <select
              className="input views"
              aria-label="Risk"
              value={filter.risk}
              onChange={({ currentTarget }) => setFilter((now) => ({ ...now, risk: currentTarget.value as ItemFilter["risk"] }))}
            >
              <option value="any">All risks ({items.length.toLocaleString("en-GB")})</option>
              {review.risks.map((risk) => (
                <option key={risk} value={risk}>
                  {RISK_TEXT[risk].name} ({count(risk)})
                </option>
              ))}
            </select>
            {mayDecide && <p className="quiet">In an item: O in order, F finding, C comment, J and K go on and back.</p>}
          </div>
          {shown.length === 0 ? (
            <EmptyState title={filter.show === "open" ? "All of these are decided" : "None of these"}>Show all of them, or another risk.</EmptyState>
          ) : (
            <TrailItems reviewId={review.reviewId} items={shown} mayDecide={mayDecide} />
          )}
        </>
      )}
    </Panel>
  );
}
