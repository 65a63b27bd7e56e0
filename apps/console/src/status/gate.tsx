import type { DoorState } from "./status-answer.ts";

/** The two doors, of which one is always shut: both leaves are drawn, and the way between them as far as it is open. */
export function Gate({ state }: { readonly state: DoorState | "unknown" }) {
  return (
    <svg className={`gate gate-${state}`} viewBox="0 0 72 72" width="72" height="72" aria-hidden="true" focusable="false">
      <path className="gate-frame" d="M10 66V14a4 4 0 0 1 4-4h44a4 4 0 0 1 4 4v52" />
      <path className="gate-sill" d="M4 66h64" />
      {state === "open" && <path className="gate-leaf" d="M16 66V16l14 6v44z" />}
      {state === "degraded" && <path className="gate-leaf" d="M16 66V16l22 3v47z" />}
      {state === "closed" && <path className="gate-leaf" d="M16 16h40v50H16z" />}
      {state === "unknown" && <path className="gate-guess" d="M16 16h40v50H16z" />}
    </svg>
  );
}
