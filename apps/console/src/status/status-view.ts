import type { StatusAnswer } from "./status-answer.ts";

/** What the page knows. `stale`: the console stopped answering, and this is the last that it said. `unreachable`: it never answered. */
export type StatusView =
  | { readonly phase: "loading" }
  | { readonly phase: "live"; readonly answer: StatusAnswer }
  | { readonly phase: "stale"; readonly answer: StatusAnswer; readonly since: string }
  | { readonly phase: "unreachable"; readonly since: string };

export type StatusEvent = { readonly kind: "answered"; readonly answer: StatusAnswer } | { readonly kind: "failed"; readonly at: string };

/** The view of a page that was rendered with an answer, or without one in time. */
export const viewOf = (answer: StatusAnswer | null): StatusView => (answer === null ? { phase: "loading" } : { phase: "live", answer });

/** The next view. A failure never shows anything as fresher than it is, and `since` stays the first failure's. */
export function advance(view: StatusView, event: StatusEvent): StatusView {
  if (event.kind === "answered") return { phase: "live", answer: event.answer };
  switch (view.phase) {
    case "live":
      return { phase: "stale", answer: view.answer, since: event.at };
    case "loading":
      return { phase: "unreachable", since: event.at };
    case "stale":
    case "unreachable":
      return view;
  }
}
