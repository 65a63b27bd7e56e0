"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { writeFilter } from "../crossings/filter-query.ts";
import { BarTable } from "./bar-table.tsx";
import { type Lookback, seriesOf, seriesSentence } from "./outcome-series.ts";

type Overview = OutputOf<"overview.get">;

/** The chart's code is asked for when it is shown: the frame doesn't wait for it. */
const DenialChart = dynamic(async () => (await import("./denial-chart.tsx")).DenialChart, { ssr: false, loading: () => <div className="chart chart-hold" /> });

const spanOf = { 1: "1h", 24: "24h", 168: "7d" } as const;

/** What was refused over time: a sentence, a chart, its table, and the commonest reasons with a way to their records. */
export function DenialPanel({
  outcomes,
  topDenials,
  hours,
  at,
}: {
  readonly outcomes: NonNullable<Overview["outcomes"]>;
  readonly topDenials: Overview["topDenials"];
  readonly hours: Lookback;
  readonly at: string;
}) {
  const bars = useMemo(() => seriesOf(outcomes.buckets, outcomes.bucketSeconds, hours, at), [outcomes, hours, at]);
  return (
    <div className="denials">
      <div>
        <p className="denials-sentence">{seriesSentence(bars, hours)}</p>
        <ul className="legend" aria-hidden="true">
          <li className="legend-denied">Denied</li>
          <li className="legend-failed">Failed</li>
        </ul>
        <DenialChart bars={bars} hours={hours} />
        <details className="as-table">
          <summary>As a table</summary>
          <BarTable bars={bars} hours={hours} />
        </details>
      </div>
      <section aria-labelledby="reasons-title" className="reasons">
        <h3 id="reasons-title" className="eyebrow">
          Commonest reasons
        </h3>
        {topDenials === null || topDenials.length === 0 ? (
          <p className="quiet">No denial in this time.</p>
        ) : (
          <ol className="reason-list">
            {topDenials.map(({ reason, count }) => (
              <li key={reason}>
                <Link href={`/crossings?${writeFilter({ outcome: ["deny"], reason, last: spanOf[hours] }).toString()}`}>
                  <code>{reason}</code>
                </Link>
                <span className="number">{count.toLocaleString("en-GB")}</span>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}
