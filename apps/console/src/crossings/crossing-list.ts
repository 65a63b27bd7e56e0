import type { CrossingFilter, CrossingSummary } from "@sallyport/contracts";
import type { OutputOf } from "../api/procedures.ts";
import type { WireFailure } from "../api/wire-failure.ts";
import { arrive, emptyWindow, type RecordWindow, showWaiting, withPage } from "./record-window.ts";

/** A list of crossings as the page has it: the filter as it was asked, what is known of its records, and what went wrong last. */
export interface CrossingList {
  /** Another number for another list: an answer to an earlier one is dropped. */
  readonly list: number;
  /** Null before the first list. Its times are moments: every page, the live end and the export speak of the same records. */
  readonly filter: CrossingFilter | null;
  /** Whether nothing new can match. */
  readonly isPast: boolean;
  readonly window: RecordWindow;
  readonly failure: WireFailure | null;
  readonly searchableUntil: string | null;
  /** What of it was archived, and so isn't among the records. */
  readonly archived: OutputOf<"crossings.search">["archived"];
}

export type ListAct =
  | { readonly kind: "began"; readonly filter: CrossingFilter; readonly nowMs: number }
  | { readonly kind: "page"; readonly list: number; readonly index: number; readonly answer: OutputOf<"crossings.search"> }
  | { readonly kind: "failed"; readonly list: number; readonly failure: WireFailure }
  | { readonly kind: "retried" }
  | { readonly kind: "arrived"; readonly items: readonly CrossingSummary[]; readonly isFollowing: boolean }
  | { readonly kind: "shown" };

export const noList: CrossingList = { list: 0, filter: null, isPast: true, window: emptyWindow, failure: null, searchableUntil: null, archived: [] };

const anew = (state: CrossingList): CrossingList => ({ ...state, list: state.list + 1, window: emptyWindow, failure: null });

/** The list after something happened. One that more came to than is held begins anew, rather than leave a gap. */
export function advanceList(state: CrossingList, act: ListAct): CrossingList {
  switch (act.kind) {
    case "began":
      return { ...anew(state), filter: act.filter, isPast: act.filter.until !== undefined && Date.parse(act.filter.until) <= act.nowMs, searchableUntil: null, archived: [] };
    case "page":
      return act.list === state.list
        ? {
            ...state,
            window: withPage(state.window, act.index, act.answer),
            failure: null,
            searchableUntil: act.answer.searchableUntil ?? state.searchableUntil,
            archived: act.answer.archived,
          }
        : state;
    case "failed":
      return act.list === state.list ? { ...state, failure: act.failure } : state;
    case "retried":
      return { ...state, failure: null };
    case "arrived": {
      const window = arrive(state.window, act.items, act.isFollowing);
      return window.isOverrun && act.isFollowing ? anew(state) : { ...state, window };
    }
    case "shown":
      return state.window.isOverrun ? anew(state) : { ...state, window: showWaiting(state.window) };
  }
}
