"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { useMay } from "../frame/me.ts";
import { pillarText } from "../status/status-text.ts";
import type { PillarName } from "../status/status-answer.ts";
import { Button } from "./button.tsx";
import { Lamp } from "./lamp.tsx";

// Fetched when it is first wanted: what is refused is on every page, and seldom traced.
const RequestTrace = dynamic(async () => (await import("./request-trace.tsx")).RequestTrace, { ssr: false });

export interface RefusalProps {
  readonly failure: WireFailure;
  /** Asks again; offered where asking again may help. */
  readonly onRetry?: () => void;
  /** Beside the form or row that it is about, instead of in the place of a page's part. */
  readonly isInline?: boolean;
}

const isPillar = (name: string): name is PillarName => Object.hasOwn(pillarText, name);

/**
 * Why something was refused or failed: which control shut, what happened, what to do, the request's id, and the trace for those who may see
 * it. It is read out as it appears.
 */
export function Refusal({ failure, onRetry, isInline = false }: RefusalProps) {
  const [isTracing, setTracing] = useState(false);
  const mayTrace = useMay("trail.read");
  const { pillar, outcome, message, remedy, retry } = failure.facts;
  return (
    <div className={`refusal${isInline ? " refusal-inline" : ""}`} role="alert" data-code={failure.code}>
      <Lamp look={outcome === "failed" ? "caution" : "shut"} size={22} label={outcome === "failed" ? "failed" : "refused"} />
      <div className="refusal-text">
        <p className="refusal-title">
          {isPillar(pillar) && <span className="refusal-pillar">{pillarText[pillar].name}: </span>}
          {message}
        </p>
        <p>{remedy}</p>
        {failure.where.length > 0 && (
          <ul className="refusal-where">
            {failure.where.map((place) => (
              <li key={place}>
                <code>{place}</code>
              </li>
            ))}
          </ul>
        )}
        <p className="refusal-foot quiet">
          <code>{failure.code}</code>
          {failure.requestId !== "" && <code>{failure.requestId}</code>}
        </p>
      </div>
      <div className="refusal-acts">
        {onRetry !== undefined && (retry || outcome === "failed") && <Button onPress={onRetry}>Try again</Button>}
        {mayTrace && failure.requestId !== "" && (
          <Button kind="quiet" onPress={() => setTracing(true)}>
            Show trace
          </Button>
        )}
      </div>
      {isTracing && <RequestTrace requestId={failure.requestId} onClose={() => setTracing(false)} />}
    </div>
  );
}
