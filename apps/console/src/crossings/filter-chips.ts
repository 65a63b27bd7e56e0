import { type FilterQuery, TEXT_KEYS, type TextKey } from "./filter-query.ts";
import { momentText } from "../components/moment-text.ts";

/** One part of a filter, as a chip that can be taken off. */
export interface Chip {
  readonly key: keyof FilterQuery;
  readonly text: string;
  /** The filter without this part. */
  readonly without: FilterQuery;
}

const label: Record<TextKey, string> = {
  principal: "Who",
  workload: "Workload",
  action: "What",
  resource: "About",
  chain: "Chain",
  study: "Study",
  site: "Site",
  reason: "Reason",
  requestId: "Request",
};
const spanText = { "15m": "Last 15 minutes", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days" } as const;
export const outcomeText = { allow: "Allowed", deny: "Denied", error: "Failed", note: "Noted" } as const;

export const filterLabel = (key: TextKey): string => label[key];
/** A span where there is little room. */
export const spanShort = { "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 d" } as const;

function without(filter: FilterQuery, key: keyof FilterQuery): FilterQuery {
  const { [key]: _, ...rest } = filter;
  return rest;
}

/** A filter in words, part by part, in the order of a sentence. */
export function chipsOf(filter: FilterQuery): readonly Chip[] {
  const part = (key: keyof FilterQuery, text: string): Chip => ({ key, text, without: without(filter, key) });
  return [
    ...TEXT_KEYS.flatMap((key) => (filter[key] === undefined ? [] : [part(key, `${label[key]}: ${filter[key]}`)])),
    ...(filter.outcome === undefined ? [] : [part("outcome", filter.outcome.map((each) => outcomeText[each]).join(" or "))]),
    ...(filter.last === undefined ? [] : [part("last", spanText[filter.last])]),
    ...(filter.from === undefined ? [] : [part("from", `From ${momentText(filter.from)}`)]),
    ...(filter.until === undefined ? [] : [part("until", `Before ${momentText(filter.until)}`)]),
  ];
}
