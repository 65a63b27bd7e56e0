"use client";

import { Fingerprint } from "./fingerprint.tsx";
import { Gate } from "./gate.tsx";
import { NextSteps } from "./next-steps.tsx";
import { Passage } from "./passage.tsx";
import type { StatusAnswer } from "./status-answer.ts";
import { clockOf, headlineOf, remediesOf } from "./status-text.ts";
import { useStatus } from "./use-status.ts";

/** The status page's live part: the headline, the passage, what to do, and the key's fingerprint. */
export function StatusBoard({ initial }: { readonly initial: StatusAnswer | null }) {
  const { view, checkNow } = useStatus(initial);
  const answer = view.phase === "live" || view.phase === "stale" ? view.answer : null;
  const headline = headlineOf(view);
  const state = view.phase === "live" ? view.answer.state : "unknown";

  return (
    <div className="board" data-phase={view.phase} data-state={answer?.state ?? "unknown"}>
      <section className="hero" aria-labelledby="headline">
        <Gate state={answer?.state ?? "unknown"} />
        {/* Spoken when the state changes, and only then: its text stays the same from one look to the next. */}
        <output className="visually-hidden" aria-live="polite">
          {headline.title}. {headline.detail}
        </output>
        <div className="hero-text">
          <h1 id="headline" className={`headline headline-${state}`}>
            {headline.title}
          </h1>
          <p className="lead">{headline.detail}</p>
          {view.phase === "stale" && (
            <p className="notice">
              No word from the console since <time dateTime={view.since}>{clockOf(view.since)}</time>.
            </p>
          )}
        </div>
        <div className="hero-side">
          <p className="quiet">
            {answer !== null && (
              <>
                {view.phase === "stale" ? "Last heard " : "Checked "}
                <time dateTime={answer.checkedAt}>{clockOf(answer.checkedAt)}</time>
              </>
            )}
          </p>
          <button type="button" className="button" onClick={checkNow}>
            Check now
          </button>
        </div>
      </section>

      <NextSteps steps={remediesOf(view)} />
      <Passage answer={answer} isStale={view.phase === "stale"} />

      <div className="facts">
        <Fingerprint value={answer?.fingerprint ?? null} before={answer?.before ?? []} next={answer?.next ?? null} />
        <section aria-labelledby="deployment-title" className="panel">
          <h2 id="deployment-title" className="eyebrow">
            Deployment
          </h2>
          <dl className="pairs">
            <dt>Name</dt>
            <dd>{answer?.deployment ?? "Not known yet"}</dd>
            <dt>Version</dt>
            <dd>{answer?.version ?? "Not known yet"}</dd>
            <dt>In this state</dt>
            <dd>
              {answer === null ? (
                "Not known yet"
              ) : (
                <>
                  since <time dateTime={answer.since}>{clockOf(answer.since, answer.checkedAt)}</time>
                </>
              )}
            </dd>
          </dl>
        </section>
      </div>
    </div>
  );
}
