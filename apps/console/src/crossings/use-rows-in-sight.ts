"use client";

import { type RefObject, useCallback, useState } from "react";
import { useFollowed } from "../components/use-followed.ts";

const OVERSCAN = 8;

/** Which rows of a list of `rows` are to be drawn, when each is `height` pixels high. */
export function rowsInSight(scrollTop: number, frameHeight: number, height: number, rows: number): readonly [first: number, last: number] {
  const first = Math.floor(scrollTop / height) - OVERSCAN;
  const last = Math.ceil((scrollTop + frameHeight) / height) + OVERSCAN;
  return [Math.max(0, Math.min(first, rows - 1)), Math.min(rows - 1, last)];
}

/** Where the frame has to be scrolled to for a row to be whole in it; where it is, if it is. `head` pixels of the frame are covered. */
export function scrollFor(row: number, scrollTop: number, frameHeight: number, height: number, head: number): number {
  const top = row * height;
  if (top < scrollTop) return top;
  const bottom = top + height + head;
  return bottom > scrollTop + frameHeight ? bottom - frameHeight : scrollTop;
}

/** Follows a scrolling frame: what of the list has to be drawn, and a way to bring a row into sight. Every row has the same height, so nothing is measured. */
export function useRowsInSight(frame: RefObject<HTMLElement | null>, rows: number, height: number, head: number) {
  const [[first, last], setSight] = useState<readonly [number, number]>([0, -1]);

  const look = useCallback(() => {
    const element = frame.current;
    if (element === null) return;
    const next = rowsInSight(element.scrollTop, element.clientHeight, height, rows);
    setSight((now) => (now[0] === next[0] && now[1] === next[1] ? now : next));
  }, [frame, height, rows]);

  useFollowed(frame, look);

  const bring = useCallback(
    (row: number) => {
      const element = frame.current;
      element?.scrollTo({ top: scrollFor(row, element.scrollTop, element.clientHeight, height, head) });
    },
    [frame, height, head],
  );
  return { first, last: Math.min(last, rows - 1), bring };
}
