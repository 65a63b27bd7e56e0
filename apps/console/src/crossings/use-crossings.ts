"use client";

import { useCallback, useEffect, useReducer, useRef } from "react";
import { sendCall } from "../api/send.ts";
import { useWatch, type WatchState } from "../api/use-watch.ts";
import { toFailure } from "../api/wire-failure.ts";
import { advanceList, type CrossingList, type ListAct, noList } from "./crossing-list.ts";
import { type FilterQuery, readFilter, resolveFilter, writeFilter } from "./filter-query.ts";
import { missingPage, rowCount } from "./record-window.ts";

/** Rows beyond which the list goes on by a narrower filter: browsers lose their place in taller ones. */
export const ROWS_MAX = 200_000;
const PAGE_ROWS = 100;
/** Pages are asked for so many rows before they come into sight. */
const AHEAD_ROWS = 40;
const EVERYTHING = {} as const;

export interface Crossings extends CrossingList {
  /** Whether the first page is on its way. */
  readonly isOpening: boolean;
  readonly watch: WatchState;
  /** These rows are in sight: what is missing of them is asked for. */
  readonly look: (first: number, last: number) => void;
  readonly retry: () => void;
  /** Puts what came meanwhile on top. */
  readonly showNew: () => void;
}

/** The crossings of a filter: pages as they are looked at, and what comes meanwhile. */
export function useCrossings(query: FilterQuery, isFollowing: boolean): Crossings {
  const text = writeFilter(query).toString();
  const [state, dispatch] = useReducer(advanceList, noList);
  const inSight = useRef<readonly [number, number]>([0, PAGE_ROWS - 1]);
  const asking = useRef<{ readonly list: number; readonly call: AbortController } | null>(null);

  useEffect(() => {
    const nowMs = Date.now();
    dispatch({ kind: "began", filter: resolveFilter(readFilter(new URLSearchParams(text)), nowMs), nowMs });
  }, [text]);

  const { list, window, failure, filter } = state;
  const ask = useCallback(() => {
    if (asking.current !== null && asking.current.list !== list) {
      asking.current.call.abort();
      asking.current = null;
      inSight.current = [0, PAGE_ROWS - 1];
    }
    if (filter === null || asking.current !== null || failure !== null) return;
    const [first, last] = inSight.current;
    const missing = missingPage(window, first, last + AHEAD_ROWS);
    if (missing === null || (missing.index === window.pages.length && rowCount(window) >= ROWS_MAX)) return;
    const mine = { list, call: new AbortController() };
    asking.current = mine;
    const settle = (act: ListAct) => {
      if (asking.current === mine) asking.current = null;
      if (!mine.call.signal.aborted) dispatch(act);
    };
    sendCall("crossings.search", { filter, limit: PAGE_ROWS, ...(missing.cursor !== null && { cursor: missing.cursor }) }, { signal: mine.call.signal }).then(
      (answer) => settle({ kind: "page", list, index: missing.index, answer }),
      (error: unknown) => settle({ kind: "failed", list, failure: toFailure(error) }),
    );
  }, [list, window, failure, filter]);
  useEffect(ask, [ask]);
  useEffect(
    () => () => {
      asking.current?.call.abort();
      asking.current = null;
    },
    [],
  );

  const watch = useWatch("crossings.watch", { filter: filter ?? EVERYTHING }, ({ items }) => dispatch({ kind: "arrived", items, isFollowing }), {
    enabled: !state.isPast && window.pages.length > 0,
  });
  const look = useCallback(
    (first: number, last: number) => {
      inSight.current = [first, last];
      ask();
    },
    [ask],
  );

  return {
    ...state,
    isOpening: window.pages.length === 0 && failure === null,
    watch,
    look,
    retry: useCallback(() => dispatch({ kind: "retried" }), []),
    showNew: useCallback(() => dispatch({ kind: "shown" }), []),
  };
}
