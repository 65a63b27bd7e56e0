"use client";

import { AxisBottom, AxisLeft } from "@visx/axis";
import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar as Column } from "@visx/shape";
import { type PointerEvent, useState } from "react";
import { NARROW, useMedia } from "../media/use-media.ts";
import { type Bar, barText, type Lookback, seriesTop } from "./outcome-series.ts";

const MARGIN = { top: 8, right: 4, bottom: 26, left: 36 } as const;

/**
 * Denials and failures over time. It is read like a slider: arrows go from bar to bar, and each is said in words; the table beside it holds
 * the same numbers. Attributes alone place what it draws, so a policy without inline styles takes nothing from it.
 */
export function DenialChart({ bars, hours }: { readonly bars: readonly Bar[]; readonly hours: Lookback }) {
  const isNarrow = useMedia(NARROW);
  const [chosen, setChosen] = useState<number | null>(null);
  const [width, height] = isNarrow ? [340, 180] : [720, 200];
  const x = scaleBand({ domain: bars.map(({ at }) => at), range: [MARGIN.left, width - MARGIN.right], paddingInner: 0.25 });
  const y = scaleLinear({ domain: [0, seriesTop(bars)], range: [height - MARGIN.bottom, MARGIN.top], nice: true });
  const active = chosen === null ? null : Math.min(chosen, bars.length - 1);
  const activeBar = active === null ? undefined : bars[active];
  const shownBar = activeBar ?? bars.at(-1);
  const every = Math.ceil(bars.length / (isNarrow ? 4 : 8));

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const frame = event.currentTarget.getBoundingClientRect();
    const at = ((event.clientX - frame.left) / frame.width) * width;
    const index = Math.floor((at - MARGIN.left) / x.step());
    setChosen(index >= 0 && index < bars.length ? index : null);
  };

  return (
    <div className="chart">
      <div className="chart-plot" onPointerMove={point} onPointerLeave={() => setChosen(null)}>
        <svg className="chart-frame" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
          <defs>
            <pattern id="failed-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect className="chart-failed-ground" width="4" height="4" />
              <rect className="chart-failed-line" width="2" height="4" />
            </pattern>
          </defs>
          {y.ticks(4).map((tick) => (
            <line key={tick} className="chart-grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          ))}
          {active !== null && activeBar !== undefined && (
            <rect className="chart-active" x={(x(activeBar.at) ?? 0) - x.step() * 0.125} y={MARGIN.top} width={x.step()} height={height - MARGIN.bottom - MARGIN.top} />
          )}
          {bars.map(({ at, denied, failed }) => (
            <g key={at}>
              {denied > 0 && <Column className="chart-denied" x={x(at)} y={y(denied)} width={x.bandwidth()} height={y(0) - y(denied)} />}
              {failed > 0 && (
                <Column className="chart-failed" fill="url(#failed-hatch)" x={x(at)} y={y(denied + failed)} width={x.bandwidth()} height={y(denied) - y(denied + failed)} />
              )}
            </g>
          ))}
          <AxisLeft
            scale={y}
            left={MARGIN.left}
            tickValues={y.ticks(4).filter(Number.isInteger)}
            hideAxisLine
            hideTicks
            tickFormat={(tick) => Number(tick).toLocaleString("en-GB")}
            tickLabelProps={{ className: "chart-label", textAnchor: "end", dx: -6, dy: 4 }}
            axisClassName="chart-axis"
          />
          <AxisBottom
            scale={x}
            top={height - MARGIN.bottom}
            tickValues={bars.map(({ at }) => at).filter((_, index) => index % every === 0)}
            hideTicks
            tickFormat={(at) => (hours === 168 ? at.slice(5, 10) : at.slice(11, 16))}
            tickLabelProps={{ className: "chart-label", textAnchor: "middle", dy: 6 }}
            axisClassName="chart-axis"
          />
        </svg>
        <input
          type="range"
          className="chart-scrub"
          aria-label="Denials over time"
          aria-valuetext={shownBar === undefined ? "" : barText(shownBar, hours)}
          min={1}
          max={bars.length}
          value={(active ?? bars.length - 1) + 1}
          onChange={(event) => setChosen(Number(event.currentTarget.value) - 1)}
          onBlur={() => setChosen(null)}
        />
      </div>
      <p className="chart-readout" aria-hidden="true">
        {activeBar === undefined ? <span className="quiet">Point at a bar, or use the arrow keys. Times are UTC.</span> : barText(activeBar, hours)}
      </p>
    </div>
  );
}
