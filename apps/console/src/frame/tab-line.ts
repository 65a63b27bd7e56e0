import type { EndReason } from "../api/live-session.ts";

/** What the tabs of one browser tell each other: ids and times, nothing of what they show. */
export type TabNews =
  | { readonly kind: "active"; readonly sessionId: string; readonly atMs: number }
  | { readonly kind: "ended"; readonly sessionId: string; readonly why: EndReason }
  | { readonly kind: "began"; readonly sessionId: string };

const NAME = "sallyport-session";

/** Tells the other tabs, and nobody else. */
export function tellTabs(news: TabNews): void {
  const line = new BroadcastChannel(NAME);
  line.postMessage(news);
  line.close();
}

/** Hears the other tabs until it is called off. */
export function hearTabs(listener: (news: TabNews) => void): () => void {
  const line = new BroadcastChannel(NAME);
  line.addEventListener("message", (event: MessageEvent<TabNews>) => listener(event.data));
  return () => line.close();
}
