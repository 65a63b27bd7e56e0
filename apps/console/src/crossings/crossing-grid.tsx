"use client";

import type { CrossingSummary } from "@sallyport/contracts";
import { type KeyboardEvent, type MouseEvent, useEffect, useEffectEvent, useRef } from "react";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { NARROW, useMedia } from "../media/use-media.ts";
import { outcomeText } from "./filter-chips.ts";
import { nextRow } from "./grid-keys.ts";
import { writeRef } from "./record-ref.ts";
import { announcedCount, type RecordWindow, rowAt, rowCount } from "./record-window.ts";
import { useRowsInSight } from "./use-rows-in-sight.ts";

export const outcomeLook: Record<CrossingSummary["outcome"], LampLook> = { allow: "lit", deny: "shut", error: "caution", note: "dark" };

const columns = ["Time (UTC)", "Outcome", "Who", "What", "About", "Where", "Reason"] as const;
const WIDE = { row: 40, head: 36 } as const;
/** Cards instead of columns, and no head over them. */
const SLIM = { row: 64, head: 0 } as const;

export interface CrossingGridProps {
  readonly window: RecordWindow;
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onOpen: (crossing: CrossingSummary) => void;
  readonly onLook: (first: number, last: number) => void;
  /** Whether the newest row is in sight. */
  readonly onTop: (isAtTop: boolean) => void;
}

/**
 * A long list of which only what is in sight is in the page, and the active row. Each row's link opens its record, and one of them can be
 * tabbed to; arrows, PageUp, PageDown, Home and End go from there.
 */
export function CrossingGrid({ window: records, active, onActive, onOpen, onLook, onTop }: CrossingGridProps) {
  const frame = useRef<HTMLDivElement>(null);
  /** The row that the keyboard went to, until it has the focus. */
  const wantsFocus = useRef<number | null>(null);
  const { row: height, head } = useMedia(NARROW) ? SLIM : WIDE;
  const rows = rowCount(records);
  const { first, last, bring } = useRowsInSight(frame, rows, height, head);
  const inSight = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  const shown = active < first ? [active, ...inSight] : active > last && last >= 0 ? [...inSight, active] : inSight;
  const announced = announcedCount(records);

  const look = useEffectEvent(onLook);
  useEffect(() => {
    if (last >= 0) look(first, last);
  }, [first, last, rows]);

  // A row that the keyboard went to takes the focus as soon as it is there.
  useEffect(() => {
    const link = wantsFocus.current === active ? frame.current?.querySelector<HTMLElement>(`[data-row="${active}"]`) : null;
    if (link === null || link === undefined) return;
    wantsFocus.current = null;
    link.focus({ preventScroll: true });
  }, [active, first, last, records]);

  const press = (event: KeyboardEvent) => {
    const to = nextRow(event.key, active, rows, Math.floor((frame.current?.clientHeight ?? 400) / height) - 1);
    if (to === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wantsFocus.current = to === active ? null : to;
    onActive(to);
    bring(to);
  };

  return (
    <div ref={frame} className="grid-frame" onScroll={(event) => onTop(event.currentTarget.scrollTop < height / 2)}>
      <table className="grid" aria-label="Crossings, newest first" aria-rowcount={announced === -1 ? -1 : announced + 1} aria-colcount={columns.length}>
        <thead className="grid-head">
          <tr aria-rowindex={1} className="crossing-row crossing-head">
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="grid-body" style={{ height: `${rows * height}px` }}>
          {shown.map((index) => (
            <Row key={index} index={index} height={height} crossing={rowAt(records, index)} isActive={index === active} onActive={onActive} onOpen={onOpen} onPress={press} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps extends Pick<CrossingGridProps, "onActive" | "onOpen"> {
  readonly index: number;
  readonly height: number;
  readonly crossing: CrossingSummary | undefined;
  readonly isActive: boolean;
  readonly onPress: (event: KeyboardEvent) => void;
}

/** One crossing; the whole row is its link. */
function Row({ index, height, crossing, isActive, onActive, onOpen, onPress }: RowProps) {
  const place = { transform: `translateY(${index * height}px)`, height: `${height}px` };
  if (crossing === undefined) {
    return (
      <tr aria-rowindex={index + 2} aria-busy="true" className="crossing-row crossing-missing" style={place}>
        <td>
          <span className="visually-hidden">Loading</span>
          <span className="skeleton-line skeleton-line-1" />
        </td>
      </tr>
    );
  }
  const { at, outcome, principal, principalName, action, resource, site, reason } = crossing;
  const open = (event: MouseEvent) => {
    // With a key held down the browser opens the link as it was told to.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onActive(index);
    onOpen(crossing);
  };
  return (
    <tr aria-rowindex={index + 2} className={`crossing-row crossing-${outcome}`} style={place}>
      <td className="cell-time">
        <a
          href={`/crossings?record=${encodeURIComponent(writeRef(crossing))}`}
          className="crossing-link"
          data-row={index}
          tabIndex={isActive ? 0 : -1}
          onClick={open}
          onFocus={() => onActive(index)}
          onKeyDown={onPress}
        >
          <span className="cell-day">{at.slice(5, 10)} </span>
          {at.slice(11, 19)}
          <span className="cell-ms">{at.slice(19, 23)}</span>
        </a>
      </td>
      <td className="cell-outcome">
        <Lamp look={outcomeLook[outcome]} size={16} />
        <span className="cell-outcome-word">{outcomeText[outcome]}</span>
      </td>
      <td className="cell-who" title={principal}>
        {principalName ?? principal}
      </td>
      <td className="cell-what">{action}</td>
      <td className="cell-about" title={resource}>
        {resource}
      </td>
      <td className="cell-where">{site === "-" ? "–" : site}</td>
      <td className="cell-reason" title={reason}>
        {reason}
      </td>
    </tr>
  );
}
