/** A question that the page of reach answers, as a link holds it. */
export type ReachQuery =
  | { readonly ask: "who"; readonly action: string | null; readonly resource: string | null; readonly place: string }
  | { readonly ask: "what"; readonly principal: string | null };

export const DEPLOYMENT = "deployment";
const matched = (pattern: RegExp, text: string | null): string | null => (text !== null && pattern.test(text) ? text : null);

const PLACE = /^(?:deployment|[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\/[A-Za-z0-9][A-Za-z0-9_.-]{0,19})$/;

/** Reads a link's query: what isn't of these forms asks nothing. */
export function readReach(query: URLSearchParams): ReachQuery {
  if (query.get("ask") === "what") return { ask: "what", principal: matched(/^[A-Za-z0-9_.-]{1,64}$/, query.get("principal")) };
  return {
    ask: "who",
    action: matched(/^[a-z_]{1,40}\.[a-z_]{1,40}$/, query.get("action")),
    resource: matched(/^[a-z_]{1,40}$/, query.get("resource")),
    place: matched(PLACE, query.get("place")) ?? DEPLOYMENT,
  };
}

export function writeReach(asked: ReachQuery): URLSearchParams {
  if (asked.ask === "what") return new URLSearchParams({ ask: "what", ...(asked.principal !== null && { principal: asked.principal }) });
  return new URLSearchParams({
    ...(asked.action !== null && { action: asked.action }),
    ...(asked.resource !== null && { resource: asked.resource }),
    ...(asked.place !== DEPLOYMENT && { place: asked.place }),
  });
}
