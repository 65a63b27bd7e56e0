"use client";

import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useFollowed } from "../components/use-followed.ts";
import { drawnPages, pageAt, scaleOf, type Size, topsOf } from "./page-layout.ts";

/** How a page lies in the list: CSS pixels, and how many of them to a point. */
export interface Box extends Size {
  readonly scale: number;
  readonly top: number;
}

interface Sight {
  readonly first: number;
  readonly last: number;
  /** The page that is being looked at, from 0. */
  readonly current: number;
}

/** The frame's own room to each side of a page. */
const SIDE = 12;
const NOTHING: Sight = { first: 0, last: -1, current: 0 };

/** Lays the pages of a PDF out in a scrolling frame, and follows what of them is in sight. Whoever looks stays where they are when sizes change. */
export function usePagesInSight(frame: RefObject<HTMLElement | null>, { pages, size, zoom }: { readonly pages: number; readonly size: Size; readonly zoom: number | null }) {
  const [width, setWidth] = useState(0);
  const [sizes, setSizes] = useState<ReadonlyMap<number, Size>>(new Map());
  const [sight, setSight] = useState(NOTHING);
  const place = useRef({ page: 0, into: 0 });

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const resized = new ResizeObserver(() => setWidth(Math.max(1, element.clientWidth - 2 * SIDE)));
    resized.observe(element);
    return () => resized.disconnect();
  }, [frame]);

  const { boxes, tops } = useMemo(() => {
    const each = Array.from({ length: width === 0 ? 0 : pages }, (_, at) => {
      const own = sizes.get(at) ?? size;
      const scale = scaleOf(own, zoom, width, pages);
      return { scale, width: own.width * scale, height: own.height * scale };
    });
    const from = topsOf(each.map(({ height }) => height));
    return { boxes: each.map((box, at): Box => ({ ...box, top: from[at] ?? 0 })), tops: from };
  }, [pages, size, sizes, zoom, width]);

  const look = useCallback(() => {
    const element = frame.current;
    if (element === null || boxes.length === 0) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const page = pageAt(tops, scrollTop);
    place.current = { page, into: (scrollTop - (boxes[page]?.top ?? 0)) / (boxes[page]?.height ?? 1) };
    const [first, last] = drawnPages(tops, scrollTop, clientHeight);
    const isAtEnd = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 1;
    const current = isAtEnd ? boxes.length - 1 : pageAt(tops, scrollTop + clientHeight / 3);
    setSight((now) => (now.first === first && now.last === last && now.current === current ? now : { first, last, current }));
  }, [frame, boxes, tops]);
  useFollowed(frame, look);

  useLayoutEffect(() => {
    const box = boxes[place.current.page];
    if (frame.current === null || box === undefined) return;
    const { page, into } = place.current;
    // Whoever is at the beginning stays above the first page.
    frame.current.scrollTo({ top: page === 0 && into <= 0 ? 0 : box.top + into * box.height, behavior: "instant" });
    look();
  }, [frame, boxes, look]);

  const learn = useCallback((at: number, { width: w, height: h }: Size) => {
    setSizes((before) => {
      const known = before.get(at);
      return known?.width === w && known.height === h ? before : new Map(before).set(at, { width: w, height: h });
    });
  }, []);
  const goTo = useCallback((at: number) => frame.current?.scrollTo({ top: (boxes[at]?.top ?? 0) - SIDE / 2 }), [frame, boxes]);
  return { boxes, height: tops.at(-1) ?? 0, ...sight, learn, goTo };
}
