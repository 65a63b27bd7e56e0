import type { CrossingSummary } from "@sallyport/contracts";
import { writeRef } from "./record-ref.ts";

/** How many pages are held at once; further ones are let go of and asked for again, so a long scroll takes no more memory than a short one. */
const PAGES_HELD_MAX = 30;
/** How many live records wait or stand above the first page; past that the list begins anew. */
const LIVE_MAX = 1000;

interface Page {
  /** What it was asked with: null for the first. */
  readonly cursor: string | null;
  /** The index of its first row below the live ones. */
  readonly start: number;
  readonly count: number;
  /** Null where it was let go of. */
  readonly items: readonly CrossingSummary[] | null;
}

/** The part of the trail that a list holds: live records on top, then pages, newest first, of which those far from sight are only remembered. */
export interface RecordWindow {
  readonly live: readonly CrossingSummary[];
  /** What came while the reader was elsewhere; newest first. */
  readonly waiting: readonly CrossingSummary[];
  /** More came than is held: the list has to begin anew to show it. */
  readonly isOverrun: boolean;
  readonly pages: readonly Page[];
  /** Where the next page begins; null after the last one. */
  readonly next: string | null;
  readonly total: { readonly count: number; readonly isMore: boolean } | null;
}

interface PageAnswer {
  readonly items: readonly CrossingSummary[];
  readonly next: string | null;
  readonly total: { readonly count: number; readonly isMore: boolean };
}

export const emptyWindow: RecordWindow = { live: [], waiting: [], isOverrun: false, pages: [], next: null, total: null };

const pagedCount = ({ pages }: RecordWindow): number => {
  const last = pages.at(-1);
  return last === undefined ? 0 : last.start + last.count;
};

/** How many rows are known: held or remembered. */
export const rowCount = (window: RecordWindow): number => window.live.length + pagedCount(window);

/** What a screen reader is told of the length: the counted total where it is exact, and -1 (not known) where there is more. */
export const announcedCount = (window: RecordWindow): number =>
  window.total === null || window.total.isMore ? -1 : Math.max(window.total.count + window.live.length, rowCount(window));

/** The length in words: `10,000+` where the count stopped at its bound. */
export function totalText({ total, live }: RecordWindow): string {
  if (total === null) return "";
  const count = total.count + (total.isMore ? 0 : live.length);
  return `${count.toLocaleString("en-GB")}${total.isMore ? "+" : ""}`;
}

/** Which page holds a row below the live ones; -1 where none does. */
function pageIndexOf({ pages }: RecordWindow, paged: number): number {
  let [low, high] = [0, pages.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const page = pages[middle];
    if (page === undefined) return -1;
    if (paged < page.start) high = middle - 1;
    else if (paged >= page.start + page.count) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** A row's record; undefined where it was let go of, or isn't there. */
export function rowAt(window: RecordWindow, index: number): CrossingSummary | undefined {
  if (index < window.live.length) return window.live[index];
  const paged = index - window.live.length;
  const page = window.pages[pageIndexOf(window, paged)];
  return page?.items?.[paged - page.start];
}

/** The page that has to be asked for so that these rows can be shown: its index, and what to ask with. */
export function missingPage(window: RecordWindow, first: number, last: number): { readonly index: number; readonly cursor: string | null } | null {
  if (window.pages.length === 0) return { index: 0, cursor: null };
  const [from, to] = [Math.max(0, first - window.live.length), Math.max(0, last - window.live.length)];
  const known = pageIndexOf(window, from);
  for (let index = known === -1 ? window.pages.length : known; index < window.pages.length; index += 1) {
    const page = window.pages[index];
    if (page === undefined || page.start > to) break;
    if (page.items === null) return { index, cursor: page.cursor };
  }
  return window.next !== null && to >= pagedCount(window) - 1 ? { index: window.pages.length, cursor: window.next } : null;
}

/** The window with a page put in its place; the pages furthest from it are let go of beyond {@link PAGES_HELD_MAX}. */
export function withPage(window: RecordWindow, index: number, answer: PageAnswer): RecordWindow {
  if (index > window.pages.length) return window;
  const known = window.pages[index];
  const page: Page =
    known === undefined
      ? { cursor: index === 0 ? null : window.next, start: pagedCount(window), count: answer.items.length, items: answer.items }
      : { ...known, items: answer.items.slice(0, known.count) };
  const pages = known === undefined ? [...window.pages, page] : window.pages.with(index, page);
  const held = pages.flatMap((each, at) => (each.items === null ? [] : [at])).toSorted((a, b) => Math.abs(a - index) - Math.abs(b - index));
  const tooMany = new Set(held.slice(PAGES_HELD_MAX));
  return {
    ...window,
    pages: tooMany.size === 0 ? pages : pages.map((each, at) => (tooMany.has(at) ? { ...each, items: null } : each)),
    next: known === undefined ? answer.next : window.next,
    total: known === undefined ? answer.total : window.total,
    // What is now in the first page need not wait above it.
    ...(index === 0 && { live: fresh(window.live, answer.items), waiting: fresh(window.waiting, answer.items) }),
  };
}

const keysOf = (...lists: (readonly CrossingSummary[] | null | undefined)[]): ReadonlySet<string> => new Set(lists.flatMap((list) => (list ?? []).map(writeRef)));
const fresh = (items: readonly CrossingSummary[], ...known: (readonly CrossingSummary[] | null | undefined)[]): readonly CrossingSummary[] => {
  const keys = keysOf(...known);
  return items.filter((item) => !keys.has(writeRef(item)));
};

/** The window after new records came, newest first: shown at once where the reader follows, kept waiting where they read further down. */
export function arrive(window: RecordWindow, items: readonly CrossingSummary[], isFollowing: boolean): RecordWindow {
  const [first, second] = window.pages;
  const came = fresh(items, window.live, window.waiting, first?.items, second?.items);
  if (came.length === 0) return window;
  const next = isFollowing ? { ...window, live: [...came, ...window.waiting, ...window.live], waiting: [] } : { ...window, waiting: [...came, ...window.waiting] };
  if (next.live.length <= LIVE_MAX && next.waiting.length <= LIVE_MAX) return next;
  return { ...window, waiting: next.waiting.slice(0, LIVE_MAX), isOverrun: true };
}

/** Puts what waited on top. */
export const showWaiting = (window: RecordWindow): RecordWindow => ({ ...window, live: [...window.waiting, ...window.live], waiting: [] });
