"use client";

import { useMedia, NARROW, STILL } from "../media/use-media.ts";
import { type Flow, flowOf, marksOf, TRAVEL_SECONDS } from "./flow-marks.ts";
import { type Hop, hopPath, narrowLayout, type PlacedZone, STOPPED_AT, wideLayout } from "./zone-layout.ts";

const count = (n: number): string => n.toLocaleString("en-GB");
const zoneTitle: Record<string, string> = { public: "Outside", edge: "Edge", application: "Application", data: "Data", egress: "Egress" };
const titleOf = (zone: string): string => zoneTitle[zone] ?? zone;

/**
 * The zones, and what crosses between them now: marks go along each hop at the pace of the last minute, and a denied one stops at the door.
 * It is a picture of the table below it, which says the same in words.
 */
export function ZoneMap({ flows }: { readonly flows: readonly Flow[] | null }) {
  const isNarrow = useMedia(NARROW);
  const isStill = useMedia(STILL);
  const layout = isNarrow ? narrowLayout : wideLayout;
  return (
    <svg className="zone-map" viewBox={`-1 -1 ${layout.width + 2} ${layout.height + 2}`} aria-hidden="true" focusable="false">
      {layout.hops.map((hop) => (
        <HopLine key={`${hop.from}-${hop.to}`} hop={hop} flow={flowOf(flows, hop)} isWide={!isNarrow} isStill={isStill} />
      ))}
      {layout.zones.map((placed) => (
        <ZoneBox key={placed.zone.name} placed={placed} box={layout.box} />
      ))}
    </svg>
  );
}

function HopLine({ hop, flow, isWide, isStill }: { readonly hop: Hop; readonly flow: Flow | null; readonly isWide: boolean; readonly isStill: boolean }) {
  const way = hopPath(hop, isWide);
  const [x, y] = [(hop.start[0] + hop.end[0]) / 2, (hop.start[1] + hop.end[1]) / 2];
  const isUsed = flow !== null && flow.allowed + flow.denied > 0;
  return (
    <g>
      <path className={isUsed ? "hop hop-used" : "hop"} d={way} />
      {!isStill &&
        marksOf(flow).map(({ key, isDenied, delaySeconds }) => (
          <g key={key} className={isDenied ? "mark mark-denied" : "mark mark-allowed"}>
            {isDenied ? <path d="M-3.5 -3.5l7 7m0-7l-7 7" /> : <circle r="3.5" />}
            <animateMotion
              path={hopPath(hop, isWide, isDenied ? STOPPED_AT : 1)}
              dur={`${TRAVEL_SECONDS}s`}
              begin={`${delaySeconds}s`}
              repeatCount="indefinite"
              {...(isDenied && { calcMode: "linear", keyPoints: "0;1;1", keyTimes: "0;0.7;1" })}
            />
          </g>
        ))}
      {flow !== null && (
        <g className="hop-counts" transform={`translate(${x} ${y})`}>
          <HopCount className="hop-allowed" y={-9} text={count(flow.allowed)} />
          {flow.denied > 0 && <HopCount className="hop-denied" y={19} text={`✕ ${count(flow.denied)}`} />}
        </g>
      )}
    </g>
  );
}

/** A number beside its way, on a ground as wide as the number: a short way stays in sight. */
function HopCount({ className, y, text }: { readonly className: string; readonly y: number; readonly text: string }) {
  const width = 10 + text.length * 8;
  return (
    <>
      <rect x={-width / 2} y={y - 14} width={width} height={19} rx="4" />
      <text className={className} y={y}>
        {text}
      </text>
    </>
  );
}

function ZoneBox({ placed: { zone, x, y }, box: [width, height] }: { readonly placed: PlacedZone; readonly box: readonly [number, number] }) {
  const processes = zone.processes.join(", ");
  return (
    <g className={`zone zone-${zone.name}`} transform={`translate(${x} ${y})`}>
      <rect width={width} height={height} rx="6" />
      <text className="zone-name" x="14" y="29">
        {titleOf(zone.name)}
      </text>
      {linesOf(zone.holds, 26).map((line, index) => (
        <text key={line} className="zone-holds" x="14" y={50 + index * 16}>
          {line}
        </text>
      ))}
      {processes !== "" && height > 92 && (
        <text className="zone-processes" x="14" y={height - 12}>
          {processes}
        </text>
      )}
    </g>
  );
}

/** Words over at most two lines: SVG text doesn't break by itself. */
function linesOf(text: string, longest: number): readonly string[] {
  if (text.length <= longest) return [text];
  const at = text.lastIndexOf(" ", longest);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The same in words and numbers. */
export function FlowTable({ flows }: { readonly flows: readonly Flow[] | null }) {
  return (
    <table className="plain-table">
      <caption className="visually-hidden">Crossings between zones in the last minute</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Into</th>
          <th scope="col" className="number">
            Allowed
          </th>
          <th scope="col" className="number">
            Denied
          </th>
        </tr>
      </thead>
      <tbody>
        {wideLayout.hops.map((hop) => {
          const flow = flowOf(flows, hop);
          return (
            <tr key={`${hop.from}-${hop.to}`}>
              <th scope="row">{titleOf(hop.from)}</th>
              <td>{titleOf(hop.to)}</td>
              <td className="number">{flow === null ? "–" : count(flow.allowed)}</td>
              <td className="number">{flow === null ? "–" : count(flow.denied)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
