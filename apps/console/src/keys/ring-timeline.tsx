"use client";

import { NARROW, useMedia } from "../media/use-media.ts";
import { RING_TEXT, type Ring, spansOf, timelineOf } from "./ring-text.ts";

const ROW = 30;
const BAR = 14;
const TOP = 6;
const FOOT = 24;
const LEGEND = [
  ["active", "in use"],
  ["next", "next"],
  ["retiring", "still accepted"],
  ["retired", "retired"],
  ["overdue", "overdue"],
] as const;

/** Every ring on one line of time. The table below holds the same; attributes alone place what is drawn. */
export function RingTimeline({ rings, nowMs }: { readonly rings: readonly Ring[]; readonly nowMs: number }) {
  const isNarrow = useMedia(NARROW);
  const [width, left] = isNarrow ? [340, 96] : [1110, 128];
  const { fromMs, endMs } = timelineOf(rings, nowMs);
  const x = (ms: number): number => left + ((Math.min(Math.max(ms, fromMs), endMs) - fromMs) / (endMs - fromMs)) * (width - left - 4);
  const height = TOP + rings.length * ROW + FOOT;
  const ticks = Array.from({ length: isNarrow ? 3 : 6 }, (_, at) => fromMs + ((endMs - fromMs) * at) / (isNarrow ? 2 : 5));
  return (
    <>
      <svg className="ring-timeline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
        {ticks.map((ms, at) => (
          <g key={ms}>
            <line className="ring-grid" x1={x(ms)} x2={x(ms)} y1={TOP} y2={height - FOOT} />
            <text className="ring-tick" x={x(ms)} y={height - 6} textAnchor={at === 0 ? "start" : at === ticks.length - 1 ? "end" : "middle"}>
              {new Date(ms).toISOString().slice(0, 10)}
            </text>
          </g>
        ))}
        {rings.map((ring, row) => {
          const y = TOP + row * ROW + (ROW - BAR) / 2;
          return (
            <g key={ring.ring}>
              <text className="ring-name" x={0} y={y + BAR - 3}>
                {RING_TEXT[ring.ring]}
              </text>
              {spansOf(ring, nowMs, endMs).map(({ keyId, look, fromMs: begin, untilMs }) => (
                <rect key={`${keyId} ${look}`} className={`ring-span ring-span-${look}`} x={x(begin)} y={y} width={Math.max(3, x(untilMs) - x(begin))} height={BAR} rx={2} />
              ))}
            </g>
          );
        })}
        <line className="ring-now" x1={x(nowMs)} x2={x(nowMs)} y1={TOP} y2={height - FOOT} />
      </svg>
      <ul className="ring-legend" aria-hidden="true">
        {LEGEND.map(([look, text]) => (
          <li key={look}>
            <svg viewBox="0 0 14 10" width="14" height="10" focusable="false">
              <rect className={`ring-span ring-span-${look}`} x="1" y="1" width="12" height="8" rx="2" />
            </svg>
            {text}
          </li>
        ))}
      </ul>
    </>
  );
}
