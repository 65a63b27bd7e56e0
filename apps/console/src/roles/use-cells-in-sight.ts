"use client";

import { type RefObject, useCallback, useState } from "react";
import { useFollowed } from "../components/use-followed.ts";
import { rowsInSight, scrollFor } from "../crossings/use-rows-in-sight.ts";
import type { GridPlace } from "./matrix-keys.ts";

/** Pixels: every row is as high and every column as wide as every other one, so nothing is measured. */
export interface CellMeasures {
  readonly row: number;
  readonly column: number;
  /** Of the head over the rows, and of the names before them. */
  readonly head: number;
  readonly names: number;
}

interface Sight {
  readonly rows: readonly [first: number, last: number];
  readonly columns: readonly [first: number, last: number];
}

const isSame = (a: Sight, b: Sight): boolean => a.rows[0] === b.rows[0] && a.rows[1] === b.rows[1] && a.columns[0] === b.columns[0] && a.columns[1] === b.columns[1];
/** `first` to `last`, and one more where it isn't among them. */
export const indicesWith = ([first, last]: readonly [number, number], also: number): readonly number[] => {
  const inSight = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return last < first || (also >= first && also <= last) ? inSight : also < first ? [also, ...inSight] : [...inSight, also];
};

/** Follows a frame that scrolls both ways: which rows and columns have to be drawn, and a way to bring a cell into sight. */
export function useCellsInSight(frame: RefObject<HTMLElement | null>, rows: number, columns: number, { row, column, head, names }: CellMeasures) {
  const [sight, setSight] = useState<Sight>({ rows: [0, -1], columns: [0, -1] });

  const look = useCallback(() => {
    const element = frame.current;
    if (element === null) return;
    const next: Sight = {
      rows: rowsInSight(element.scrollTop, element.clientHeight - head, row, rows),
      columns: rowsInSight(element.scrollLeft, element.clientWidth - names, column, columns),
    };
    setSight((now) => (isSame(now, next) ? now : next));
  }, [frame, row, column, head, names, rows, columns]);

  useFollowed(frame, look);

  const bring = useCallback(
    (to: GridPlace) => {
      const element = frame.current;
      element?.scrollTo({
        top: scrollFor(to.row, element.scrollTop, element.clientHeight, row, head),
        left: scrollFor(to.column, element.scrollLeft, element.clientWidth, column, names),
      });
    },
    [frame, row, column, head, names],
  );
  return { rows: [sight.rows[0], Math.min(sight.rows[1], rows - 1)], columns: [sight.columns[0], Math.min(sight.columns[1], columns - 1)], bring } as const;
}
