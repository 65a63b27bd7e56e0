import { Lamp, type LampLook } from "../components/lamp.tsx";
import { clockOf, pillarText } from "./status-text.ts";
import { type LampState, PILLARS, type StatusAnswer } from "./status-answer.ts";

const word: Record<LampState, string> = { ok: "Ready", down: "Down", unknown: "Not known" };
const look: Record<LampState, LampLook> = { ok: "lit", down: "shut", unknown: "dark" };

/** The way through the door: five controls in the order in which a request meets them, between the outside and the data. */
export function Passage({ answer, isStale }: { readonly answer: StatusAnswer | null; readonly isStale: boolean }) {
  return (
    <section aria-labelledby="passage-title" className={isStale ? "passage passage-stale" : "passage"}>
      <h2 id="passage-title" className="eyebrow">
        The five controls, in the order a request meets them
      </h2>
      <ol className="passage-list">
        {PILLARS.map((pillar, index) => {
          const lamp = answer?.pillars[index];
          const state = lamp?.state ?? "unknown";
          const text = pillarText[pillar];
          return (
            <li key={pillar} className={`control control-${state}`}>
              <div className="control-rail">
                <Lamp look={look[state]} />
                {index === PILLARS.length - 1 && (
                  <span className="rail-end" aria-hidden="true">
                    Data
                  </span>
                )}
              </div>
              <div className="control-body">
                <h3 className="control-name">{text.name}</h3>
                <p className="control-question">{text.question}</p>
                <p className="control-state">
                  <strong className={`state-${state}`}>{answer === null ? "Asking" : word[state]}</strong>
                  {lamp !== undefined && answer !== null && state !== "unknown" && (
                    <span className="control-since">
                      {" "}
                      since <time dateTime={lamp.since}>{clockOf(lamp.since, answer.checkedAt)}</time>
                    </span>
                  )}
                </p>
                <p className="control-sentence">{answer === null ? "" : text.sentence[state]}</p>
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
