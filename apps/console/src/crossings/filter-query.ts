import type { CrossingFilter } from "@sallyport/contracts";

/** The last so-and-so long, seen from when the list was loaded: a shared link keeps its meaning tomorrow. */
export const SPANS = ["15m", "1h", "24h", "7d"] as const;
export type Span = (typeof SPANS)[number];

const MINUTE_MS = 60_000;
const spanMs: Record<Span, number> = { "15m": 15 * MINUTE_MS, "1h": 60 * MINUTE_MS, "24h": 1440 * MINUTE_MS, "7d": 7 * 1440 * MINUTE_MS };

export const OUTCOMES = ["allow", "deny", "error", "note"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A filter as a link holds it. It names principals, acts, places and keyed references, so there is nothing of a subject in it. */
export interface FilterQuery extends Omit<CrossingFilter, "outcome"> {
  readonly outcome?: readonly Outcome[];
  readonly last?: Span;
}

/** The texts of a filter, in the order of a sentence: who, what, where, why. */
export const TEXT_KEYS = ["principal", "workload", "action", "resource", "chain", "study", "site", "reason", "requestId"] as const;
export type TextKey = (typeof TEXT_KEYS)[number];

const urlName: Record<TextKey, string> = {
  principal: "who",
  workload: "workload",
  action: "what",
  resource: "about",
  chain: "chain",
  study: "study",
  site: "site",
  reason: "reason",
  requestId: "request",
};
const lengthMax: Record<TextKey, number> = { principal: 80, workload: 200, action: 60, resource: 120, chain: 67, study: 40, site: 20, reason: 80, requestId: 40 };

/** Ids, names of acts and references have no spaces and are ASCII; a text that isn't so can only be a mistake, and stays out of the link. */
export const isFilterText = (key: TextKey, text: string): boolean => text.length > 0 && text.length <= lengthMax[key] && /^[!-~]+$/.test(text);

const isOneOf = <T extends string>(list: readonly T[], text: string | null): text is T => (list as readonly (string | null)[]).includes(text);
const isTime = (text: string | null): text is string => text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));

/** The filter of a link's query. What isn't a filter's is left out: a link from elsewhere can narrow a list and do nothing else. */
export function readFilter(query: URLSearchParams): FilterQuery {
  const texts = TEXT_KEYS.flatMap((key) => {
    const text = query.get(urlName[key]);
    return text !== null && isFilterText(key, text) ? [[key, text] as const] : [];
  });
  const outcome = OUTCOMES.filter((each) => (query.get("outcome") ?? "").split(",").includes(each));
  const [last, from, until] = [query.get("last"), query.get("from"), query.get("until")];
  const when = isOneOf(SPANS, last) ? { last } : { ...(isTime(from) && { from }), ...(isTime(until) && { until }) };
  return { ...Object.fromEntries(texts), ...(outcome.length > 0 && { outcome }), ...when };
}

/** The query of a filter; the same filter always gives the same text. */
export function writeFilter(filter: FilterQuery): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of TEXT_KEYS) if (filter[key] !== undefined) query.set(urlName[key], filter[key]);
  if (filter.outcome !== undefined && filter.outcome.length > 0) query.set("outcome", OUTCOMES.filter((each) => filter.outcome?.includes(each)).join(","));
  if (filter.last !== undefined) query.set("last", filter.last);
  if (filter.last === undefined && filter.from !== undefined) query.set("from", filter.from);
  if (filter.last === undefined && filter.until !== undefined) query.set("until", filter.until);
  return query;
}

/** What is asked of the api: a span becomes a moment, once, so that every page of a list and its export speak of the same records. */
export function resolveFilter({ last, outcome, ...rest }: FilterQuery, nowMs: number): CrossingFilter {
  return {
    ...rest,
    ...(outcome !== undefined && { outcome: [...outcome] }),
    ...(last !== undefined && { from: new Date(nowMs - spanMs[last]).toISOString() }),
  };
}

/** The filter that goes on from a record of a list to what is older. Records of the same moment are in it too, so that none falls between. */
export function olderThan(filter: FilterQuery, at: string): FilterQuery {
  const { last: _, ...rest } = filter;
  return { ...rest, until: new Date(Date.parse(at) + 1).toISOString() };
}
