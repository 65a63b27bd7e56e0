import type { OutputOf } from "../api/procedures.ts";
import { pillarText } from "../status/status-text.ts";
import { Lamp, type LampLook } from "./lamp.tsx";

export type TraceOf = NonNullable<OutputOf<"crossings.trace">["trace"]>;

const LOOKS: Readonly<Record<TraceOf["lamps"][number]["state"], LampLook>> = { open: "lit", shut: "shut", dark: "dark" };

/** A crossing's way through the gate: five lamps in order, the one where it ended, the matched rule, and what to do. */
export function Trace({ trace }: { readonly trace: TraceOf }) {
  return (
    <div className="trace">
      <ol className="trace-lamps">
        {trace.lamps.map(({ pillar, state, text }) => (
          <li key={pillar} className={`trace-lamp trace-${state}`}>
            <Lamp look={LOOKS[state]} size={20} label />
            <div>
              <strong className="trace-name">{pillarText[pillar].name}</strong>
              <p className="quiet">{text}</p>
            </div>
          </li>
        ))}
      </ol>
      <dl className="pairs">
        <dt>Rule</dt>
        <dd>{trace.rule ?? "none matched"}</dd>
        <dt>Policy</dt>
        <dd>{trace.policy}</dd>
      </dl>
      {trace.remedy !== null && <p className="trace-remedy">{trace.remedy}</p>}
    </div>
  );
}
