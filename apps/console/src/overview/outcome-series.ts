import type { OutputOf } from "../api/procedures.ts";

type Bucket = NonNullable<OutputOf<"overview.get">["outcomes"]>["buckets"][number];

/** How far an overview looks back, in hours. */
export type Lookback = 1 | 24 | 168;

/** One bar of the chart: from `at`, for the bucket's length. */
export interface Bar {
  readonly at: string;
  readonly allowed: number;
  readonly denied: number;
  readonly failed: number;
}

/** Buckets without a gap, oldest first, over the whole time: a minute in which nothing was denied is a zero, not a hole that the eye skips. */
export function seriesOf(buckets: readonly Bucket[], bucketSeconds: number, hours: Lookback, until: string): readonly Bar[] {
  const step = bucketSeconds * 1000;
  if (step <= 0) return [];
  const startOf = (iso: string): number => Math.floor(Date.parse(iso) / step) * step;
  const known = new Map<number, Bar>();
  for (const { at, allowed, denied, failed } of buckets) {
    const start = startOf(at);
    const before = known.get(start);
    known.set(start, {
      at: new Date(start).toISOString(),
      allowed: allowed + (before?.allowed ?? 0),
      denied: denied + (before?.denied ?? 0),
      failed: failed + (before?.failed ?? 0),
    });
  }
  const last = startOf(until);
  const count = Math.ceil((hours * 3_600_000) / step);
  return Array.from({ length: count }, (_, index) => {
    const start = last - (count - 1 - index) * step;
    return known.get(start) ?? { at: new Date(start).toISOString(), allowed: 0, denied: 0, failed: 0 };
  });
}

const sum = (bars: readonly Bar[], part: "allowed" | "denied" | "failed"): number => bars.reduce((total, bar) => total + bar[part], 0);

/** The whole time in one sentence: what the chart shows, for whoever doesn't see it. */
export function seriesSentence(bars: readonly Bar[], hours: Lookback): string {
  const [denied, failed, allowed] = [sum(bars, "denied"), sum(bars, "failed"), sum(bars, "allowed")];
  const over = hours === 1 ? "In the last hour" : hours === 24 ? "In the last 24 hours" : "In the last 7 days";
  const peak = bars.reduce<Bar | null>((most, bar) => (bar.denied > (most?.denied ?? 0) ? bar : most), null);
  const count = (n: number, word: string): string => `${n.toLocaleString("en-GB")} ${word}`;
  return `${over}: ${count(denied, "denied")}, ${count(failed, "failed")}, ${count(allowed, "allowed")}.${peak === null ? "" : ` Most denials at ${barTime(peak.at, hours)}: ${peak.denied.toLocaleString("en-GB")}.`}`;
}

/** When a bar begins, in UTC: the time of day, with the day where more than a day is shown. */
export const barTime = (iso: string, hours: Lookback): string => (hours === 1 ? `${iso.slice(11, 16)} UTC` : `${iso.slice(5, 10)} ${iso.slice(11, 16)} UTC`);

/** One bar in words. */
export const barText = (bar: Bar, hours: Lookback): string =>
  `${barTime(bar.at, hours)}: ${bar.denied.toLocaleString("en-GB")} denied, ${bar.failed.toLocaleString("en-GB")} failed, ${bar.allowed.toLocaleString("en-GB")} allowed`;

/** The highest bar, and never less than 4, so that one denial doesn't look like a storm. */
export const seriesTop = (bars: readonly Bar[]): number => Math.max(4, ...bars.map(({ denied, failed }) => denied + failed));
