import type { OutputOf } from "../api/procedures.ts";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { pillarText } from "../status/status-text.ts";

type Pillar = OutputOf<"overview.get">["pillars"][number];

const look: Record<Pillar["state"], LampLook> = { ok: "lit", degraded: "caution", down: "shut" };
const word: Record<Pillar["state"], string> = { ok: "Ready", degraded: "Degraded", down: "Down" };

/** The five controls, in the order in which a request meets them. */
export function PillarStrip({ pillars }: { readonly pillars: readonly Pillar[] }) {
  return (
    <section aria-label="The five controls" className="panel pillar-strip">
      <ol>
        {pillars.map(({ pillar, state, text }) => (
          <li key={pillar} className={`pillar pillar-${state}`}>
            <Lamp look={look[state]} size={22} />
            <div>
              <h2 className="pillar-name">
                {pillarText[pillar].name}
                <span className={`pillar-state pillar-state-${state}`}>{word[state]}</span>
              </h2>
              <p className="quiet">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
