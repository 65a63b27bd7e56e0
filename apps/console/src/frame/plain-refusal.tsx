"use client";

import type { WireFailure } from "../api/wire-failure.ts";
import { Lamp } from "../components/lamp.tsx";

/** A refusal where nobody is signed in, so that there is no trace to offer. */
export function PlainRefusal({ failure, onRetry }: { readonly failure: WireFailure; readonly onRetry?: () => void }) {
  const { message, remedy } = failure.facts;
  return (
    <div className="refusal refusal-plain" role="alert" data-code={failure.code}>
      <Lamp look={failure.facts.outcome === "failed" ? "caution" : "shut"} size={22} />
      <div className="refusal-text">
        <p className="refusal-title">{message}</p>
        <p>{remedy}</p>
        {failure.requestId !== "" && (
          <p className="refusal-foot quiet">
            <code>{failure.requestId}</code>
          </p>
        )}
      </div>
      {onRetry !== undefined && (
        <div className="refusal-acts">
          <button type="button" className="button button-plain" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
