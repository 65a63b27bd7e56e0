"use client";

import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";

const KIND = { ok: { text: "in order", tone: "stands" }, finding: { text: "finding", tone: "caution" }, comment: { text: "comment", tone: "neutral" } } as const;

/** Everything that was said of one item, in its order. It is opened, and on record as opened, when it is asked for. */
export function SaidOfItem({ reviewId, item }: { readonly reviewId: string; readonly item: number }) {
  const call = useCall("trailReviews.entries", { reviewId, item });
  if (call.data === undefined) return call.error === null ? <Skeleton lines={2} label="Loading what was said" /> : <Refusal failure={call.error} isInline />;
  return (
    <ol className="said">
      {call.data.entries.map(({ n, kind, by, at, text }) => (
        <li key={n}>
          <Badge tone={KIND[kind].tone}>{KIND[kind].text}</Badge>{" "}
          <span className="quiet">
            {by}, <Moment at={at} />
          </span>
          {text !== null && <p className="said-text">{text}</p>}
        </li>
      ))}
    </ol>
  );
}
