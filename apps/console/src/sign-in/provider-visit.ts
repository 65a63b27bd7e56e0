/** Sends the whole page to the external provider; nothing of this one is left behind. @throws TypeError for anything that is no web address. */
export function goToProvider(url: string): void {
  const { protocol, href } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError("no web address");
  location.assign(href);
}

/** What the provider sent this browser back with. */
export interface ProviderAnswer {
  /** Without its question mark. */
  readonly query: string;
  readonly state: string;
  /** What the visit was for: its state says it, and the api knows it. */
  readonly isLink: boolean;
}

/** Reads an answer from a query, with or without its question mark; null where there is none. */
export function providerAnswer(search: string): ProviderAnswer | null {
  const query = search.replace(/^\?/, "");
  const state = new URLSearchParams(query).get("state") ?? "";
  return /^[ls]\.[A-Za-z0-9_-]{43}$/.test(state) ? { query, state, isLink: state.startsWith("l.") } : null;
}

/**
 * Takes the provider's answer out of the address, and wipes it from the address bar and the history entry at once. The router's own note of the
 * address, which it would keep in the entry, goes too, so the browser's own method is called, not the router's.
 */
export function takeProviderAnswer(): ProviderAnswer | null {
  const answer = providerAnswer(location.search);
  if (location.search !== "") History.prototype.replaceState.call(history, null, "", location.pathname);
  return answer;
}
