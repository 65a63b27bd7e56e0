import type { LampState } from "./status-answer.ts";

/** A signal that differs in shape as well as in colour: a full disc stands, a crossed square is down, a broken ring is unknown. */
export function Lamp({ state }: { readonly state: LampState }) {
  return (
    <svg className={`lamp lamp-${state}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      {state === "ok" && <circle cx="12" cy="12" r="8" />}
      {state === "down" && (
        <>
          <rect x="3.5" y="3.5" width="17" height="17" rx="2" />
          <path className="lamp-mark" d="M8.5 8.5l7 7m0-7l-7 7" />
        </>
      )}
      {state === "unknown" && <circle className="lamp-ring" cx="12" cy="12" r="7.5" />}
    </svg>
  );
}
