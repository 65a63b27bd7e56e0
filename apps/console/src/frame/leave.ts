import type { QueryClient } from "@tanstack/react-query";
import type { EndReason } from "../api/live-session.ts";

/** Hides all that the page shows, at once and by style alone: nothing has to be drawn again for it. */
export function coverPage(): void {
  document.documentElement.dataset["covered"] = "";
}

/**
 * Leaves the page of a session that is over: it is covered, what was fetched is dropped, and a new document replaces this one, so that
 * nothing of it is left in memory and Back doesn't come to it.
 */
export function leavePage(client: QueryClient, why: EndReason): void {
  coverPage();
  client.clear();
  const query = new URLSearchParams(why === "missing" ? {} : { why });
  if (why !== "out" && why !== "other") query.set("to", location.pathname + location.search);
  location.replace(`/sign-in${query.size === 0 ? "" : `?${query.toString()}`}`);
}
