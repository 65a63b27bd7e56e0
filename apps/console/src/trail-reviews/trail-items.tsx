"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { type KeyboardEvent, useRef, useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge } from "../components/states.tsx";
import { crossingHref, RISK_TEXT, type TrailItem } from "./trail-review-text.ts";

const SayOfItem = dynamic(async () => (await import("./say-of-item.tsx")).SayOfItem, { ssr: false });
const SaidOfItem = dynamic(async () => (await import("./said-of-item.tsx")).SaidOfItem, { ssr: false });

interface TrailItemsProps {
  readonly reviewId: string;
  readonly items: readonly TrailItem[];
  /** Whether the caller is the one who decides. */
  readonly mayDecide: boolean;
}

/** A resource that names one thing, and not only its kind. */
const NAMES_ONE = /[_:/]/;
const whoOf = ({ crossing: { principalName, principal } }: TrailItem): string => principalName ?? principal;

/** The items of a review. In one: J and K or the arrows go on and back, O says that it is in order, F that it is a finding, C adds a comment. */
export function TrailItems({ reviewId, items, mayDecide }: TrailItemsProps) {
  const list = useRef<HTMLOListElement>(null);
  const [saying, setSaying] = useState<{ readonly item: TrailItem; readonly kind: "finding" | "comment" } | null>(null);
  const [unfolded, setUnfolded] = useState<number | null>(null);
  const decide = useChange("trailReviews.decide", { refreshes: ["trailReviews.get", "trailReviews.list", "trailReviews.entries", "overview.get"] });
  const beside = ({ item }: TrailItem, by: 1 | -1): number | undefined => items[items.findIndex((each) => each.item === item) + by]?.item;
  const focus = (item: number | undefined) => list.current?.querySelector<HTMLElement>(`[data-item="${item}"] .review-acts button`)?.focus();
  const accept = (item: TrailItem) => {
    if (decide.isPending) return;
    // The next one is found before this one leaves a list that shows the undecided alone.
    const next = beside(item, 1);
    decide.mutate({ reviewId, item: item.item, verdict: "ok" }, { onSuccess: () => focus(next) });
  };
  const onKey = (event: KeyboardEvent, item: TrailItem) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Readonly<Record<string, () => void>> = {
      j: () => focus(beside(item, 1)),
      k: () => focus(beside(item, -1)),
      arrowdown: () => focus(beside(item, 1)),
      arrowup: () => focus(beside(item, -1)),
      ...(mayDecide && { o: () => accept(item), f: () => setSaying({ item, kind: "finding" as const }), c: () => setSaying({ item, kind: "comment" as const }) }),
    };
    const act = acts[event.key.toLowerCase()];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <>
      {decide.error !== null && <Refusal failure={decide.error} isInline />}
      <ol ref={list} className="review-lines">
        {items.map((item) => (
          <li key={item.item} className="review-line trail-item" data-item={item.item}>
            <What item={item} />
            <Verdict item={item} />
            <div className="review-acts">
              {mayDecide && (
                <>
                  <Button aria-label={`Item ${item.item} is in order`} onPress={() => accept(item)} onKeyDown={(event) => onKey(event, item)}>
                    In order
                  </Button>
                  <Button kind="quiet" aria-label={`Item ${item.item} is a finding`} onPress={() => setSaying({ item, kind: "finding" })} onKeyDown={(event) => onKey(event, item)}>
                    Finding …
                  </Button>
                  <Button kind="quiet" aria-label={`Comment on item ${item.item}`} onPress={() => setSaying({ item, kind: "comment" })} onKeyDown={(event) => onKey(event, item)}>
                    Comment …
                  </Button>
                </>
              )}
              {item.entries > 0 && (
                <Button
                  kind="quiet"
                  aria-expanded={unfolded === item.item}
                  aria-label={unfolded === item.item ? `Fold what was said of item ${item.item}` : `Said (${item.entries}) of item ${item.item}`}
                  onPress={() => setUnfolded((now) => (now === item.item ? null : item.item))}
                  onKeyDown={(event) => onKey(event, item)}
                >
                  {unfolded === item.item ? "Fold" : `Said (${item.entries})`}
                </Button>
              )}
            </div>
            {unfolded === item.item && <SaidOfItem reviewId={reviewId} item={item.item} />}
          </li>
        ))}
      </ol>
      {saying !== null && <SayOfItem reviewId={reviewId} item={saying.item} kind={saying.kind} onClose={() => setSaying(null)} />}
    </>
  );
}

function What({ item }: { readonly item: TrailItem }) {
  const { crossing, risks, burst } = item;
  const place = crossing.site === "-" ? crossing.chain : crossing.site;
  return (
    <div className="review-what">
      <Link href={crossingHref(item)}>
        {burst === null ? <code>{crossing.action}</code> : `${burst.denials.toLocaleString("en-GB")} denials, the first of`} {burst !== null && <code>{crossing.action}</code>}
      </Link>
      <strong>{whoOf(item)}</strong>
      {risks.map((risk) => (
        <Badge key={risk}>{RISK_TEXT[risk].name}</Badge>
      ))}
      <span className="quiet">
        <Moment at={crossing.at} />
        {burst !== null && (
          <>
            {" "}
            to <Moment at={burst.until} />
          </>
        )}
        , {place}
        {crossing.role !== "-" && `, as ${crossing.role}`}
        {NAMES_ONE.test(crossing.resource) && `, about ${crossing.resource}`}
      </span>
    </div>
  );
}

function Verdict({ item: { verdict } }: { readonly item: TrailItem }) {
  if (verdict === null) return <span className="quiet">undecided</span>;
  return (
    <span>
      <Badge tone={verdict.kind === "ok" ? "stands" : "caution"}>{verdict.kind === "ok" ? "in order" : "finding"}</Badge> <span className="quiet">{verdict.by}</span>
    </span>
  );
}
