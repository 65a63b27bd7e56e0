/** How large something is: of a page, in points as it is to be read; of what is drawn, in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** CSS pixels to a point at 100 %. */
export const FULL_SIZE = 96 / 72;
const STEPS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;
/** The highest that a browser lays out, with room to spare, and the longest side of one page. */
const LIST_HEIGHT_MAX = 16_000_000;
const SIDE_MAX = 16_000;
/** So many pixels are drawn of one page at the most: 32 MiB of them. */
const PIXELS_MAX = 8_388_608;
const RATIO_MAX = 2;
/** Between two pages, and above the first. */
const GAP = 12;
/** However low its pages are, so many are drawn at a time. */
const DRAWN_MAX = 8;

/** How large a page is drawn, in CSS pixels to a point. `zoom` is 1 for 100 %, null for as wide as the frame. */
export function scaleOf({ width, height }: Size, zoom: number | null, frameWidth: number, pages: number): number {
  const wanted = zoom === null ? frameWidth / width : zoom * FULL_SIZE;
  return Math.min(wanted, SIDE_MAX / width, SIDE_MAX / height, LIST_HEIGHT_MAX / pages / height);
}

/** The next larger or smaller step of the zoom; the same where there is none. */
export function zoomFrom(now: number, direction: "in" | "out"): number {
  const next = direction === "in" ? STEPS.find((step) => step > now + 0.01) : STEPS.findLast((step) => step < now - 0.01);
  return next ?? (direction === "in" ? Math.max(now, STEPS[STEPS.length - 1] ?? now) : Math.min(now, STEPS[0]));
}

/** How many pixels of the screen a CSS pixel of a page is drawn with: the screen's own, as far as memory goes. */
export function ratioOf({ width, height }: Size, deviceRatio: number): number {
  return Math.min(Math.max(deviceRatio, 1), RATIO_MAX, Math.sqrt(PIXELS_MAX / (width * height)));
}

/** Where each page of these heights begins, and, last, where the list ends. */
export function topsOf(heights: readonly number[]): readonly number[] {
  const tops = [GAP];
  for (const height of heights) tops.push((tops.at(-1) ?? 0) + height + GAP);
  return tops;
}

/** The page that a place of the list is on, from 0. */
export function pageAt(tops: readonly number[], y: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((tops[middle] ?? 0) - GAP <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The pages to draw, from 0, both counted in: those that the frame shows, and one more to each side. */
export function drawnPages(tops: readonly number[], scrollTop: number, frameHeight: number): readonly [first: number, last: number] {
  const first = Math.max(0, pageAt(tops, scrollTop) - 1);
  const last = Math.min(tops.length - 2, pageAt(tops, scrollTop + frameHeight) + 1);
  return [first, Math.min(last, first + DRAWN_MAX - 1)];
}
