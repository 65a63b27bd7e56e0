"use client";

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Rows beyond the edges of the screen that are drawn all the same: what the keyboard goes to next is there. */
const OVERSCAN = 12;
const GUESS_PX = 56;

/** The part of a list that is drawn, and how much room the rest takes above and below it. */
export interface Part {
  readonly first: number;
  /** The row after the last one. */
  readonly end: number;
  readonly above: number;
  readonly below: number;
}

/**
 * Which rows are to be drawn of a list that begins `top` pixels above (negative: below) the screen's upper edge. Heights that aren't known are
 * taken for the mean of those that are.
 */
export function partInSight(heights: readonly (number | undefined)[], rows: number, top: number, screen: number): Part {
  const known = heights.filter((height) => height !== undefined);
  const guess = known.length === 0 ? GUESS_PX : known.reduce((sum, height) => sum + height, 0) / known.length;
  const heightOf = (row: number): number => heights[row] ?? guess;
  let first = 0;
  let passed = 0;
  while (first < rows - 1 && passed + heightOf(first) < top) passed += heightOf(first++);
  let end = first;
  let reached = passed;
  while (end < rows && reached < top + screen) reached += heightOf(end++);
  for (let more = 0; more < OVERSCAN && first > 0; more++) passed -= heightOf(--first);
  for (let more = 0; more < OVERSCAN && end < rows; more++) reached += heightOf(end++);
  let below = 0;
  for (let row = end; row < rows; row++) below += heightOf(row);
  return { first, end, above: Math.max(0, passed), below };
}

const isSame = (one: Part, other: Part): boolean => one.first === other.first && one.end === other.end && one.above === other.above && one.below === other.below;

/** Follows the page as it scrolls: which rows of a table's body are to be drawn. Each drawn row carries `data-row`, its number. */
export function useRowsInPage(body: RefObject<HTMLElement | null>, rows: number): Part {
  const heights = useRef<(number | undefined)[]>([]);
  const [part, setPart] = useState<Part>(() => partInSight([], rows, 0, 900));

  const look = useCallback(() => {
    const element = body.current;
    if (element === null) return;
    for (const row of element.querySelectorAll<HTMLElement>("[data-row]")) heights.current[Number(row.dataset["row"])] = row.getBoundingClientRect().height;
    const next = partInSight(heights.current, rows, -element.getBoundingClientRect().top, innerHeight);
    setPart((now) => (isSame(now, next) ? now : next));
  }, [body, rows]);

  useLayoutEffect(look, [look]);
  useEffect(() => {
    const forget = () => {
      heights.current = [];
      look();
    };
    addEventListener("scroll", look, { passive: true, capture: true });
    addEventListener("resize", forget);
    return () => {
      removeEventListener("scroll", look, { capture: true });
      removeEventListener("resize", forget);
    };
  }, [look]);
  return { ...part, end: Math.min(part.end, rows), first: Math.min(part.first, Math.max(0, rows - 1)) };
}
