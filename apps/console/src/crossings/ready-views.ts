import { type FilterQuery, writeFilter } from "./filter-query.ts";

/** A filter that people need often, as a link. */
export interface ReadyView {
  readonly name: string;
  readonly filter: FilterQuery;
}

/**
 * Ready-made filters. A filter of one's own is kept by the api under a name, or as its link: the browser stores nothing, because what it stored
 * would outlive the session on a shared workstation.
 */
export const READY_VIEWS: readonly ReadyView[] = [
  { name: "Everything", filter: {} },
  { name: "Denials, 24 hours", filter: { outcome: ["deny"], last: "24h" } },
  { name: "Reveals, 7 days", filter: { action: "phi.read", last: "7d" } },
  { name: "Failures, 24 hours", filter: { outcome: ["error"], last: "24h" } },
  { name: "System chain", filter: { chain: "system" } },
];

/** Whether two filters are the same link. */
export const isSameFilter = (one: FilterQuery, other: FilterQuery): boolean => writeFilter(one).toString() === writeFilter(other).toString();
