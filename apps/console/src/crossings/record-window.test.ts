import type { CrossingSummary } from "@sallyport/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { announcedCount, arrive, emptyWindow, missingPage, type RecordWindow, rowAt, rowCount, showWaiting, totalText, withPage } from "./record-window.ts";

const record = (seq: number): CrossingSummary => ({
  chain: "system",
  generation: 1,
  seq,
  at: new Date(Date.UTC(2026, 10, 22) + seq).toISOString(),
  principal: "prn_a",
  principalName: null,
  role: "auditor",
  workload: "spiffe://d/service/a",
  action: "trail.read",
  resource: "trail",
  site: "-",
  outcome: "allow",
  reason: "allowed",
  requestId: "req_00000000000000000000000000",
});

/** A trail of `size` records, asked page by page as the api answers. */
class Trail {
  readonly #limit = 100;
  constructor(size: number) {
    this.size = size;
  }
  readonly size: number;

  page(cursor: string | null) {
    const newest = cursor === null ? this.size : Number(cursor);
    const items = Array.from({ length: Math.min(this.#limit, newest) }, (_, index) => record(newest - index));
    const rest = newest - items.length;
    return { items, next: rest > 0 ? String(rest) : null, total: { count: Math.min(this.size, 10_000), isMore: this.size > 10_000 } };
  }
}

/** Asks for what is missing until these rows can be shown. */
function show(trail: Trail, window: RecordWindow, first: number, last: number): RecordWindow {
  let shown = window;
  for (let asked = 0; asked < 50; asked += 1) {
    const missing = missingPage(shown, first, last);
    if (missing === null) break;
    shown = withPage(shown, missing.index, trail.page(missing.cursor));
  }
  return shown;
}

const held = (window: RecordWindow): number => window.pages.filter(({ items }) => items !== null).length;

describe("a list over a long trail", () => {
  test("shows every record once, in order, to the last", () => {
    const trail = new Trail(1050);
    let window = emptyWindow;
    for (let row = 0; row < 1050; row += 20) {
      window = show(trail, window, row, row + 20);
      for (let each = row; each < Math.min(row + 20, 1050); each += 1) expect(rowAt(window, each)?.seq).toBe(1050 - each);
    }
    expect(rowCount(window)).toBe(1050);
    expect(window.next).toBeNull();
    expect(missingPage(window, 1040, 1049)).toBeNull();
  });

  test("holds a bounded number of pages however far it is scrolled, and asks again on the way back", () => {
    const trail = new Trail(1_000_000);
    let window = emptyWindow;
    for (let row = 0; row < 20_000; row += 100) window = show(trail, window, row, row + 30);
    expect(held(window)).toBeLessThanOrEqual(30);
    expect(rowAt(window, 0)).toBeUndefined();
    window = show(trail, window, 0, 30);
    expect(rowAt(window, 0)?.seq).toBe(1_000_000);
    expect(held(window)).toBeLessThanOrEqual(30);
  });

  test("finds what was asked for, wherever the reader jumps", () => {
    const trail = new Trail(50_000);
    let start = emptyWindow;
    for (let row = 0; row < 9900; row += 100) start = show(trail, start, row, row + 20);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9800 }), { maxLength: 20 }), (jumps) => {
        let window = start;
        for (const row of jumps) {
          window = show(trail, window, row, row + 30);
          expect(rowAt(window, row)?.seq).toBe(50_000 - row);
          expect(rowAt(window, row + 30)?.seq).toBe(50_000 - row - 30);
          expect(held(window)).toBeLessThanOrEqual(30);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("says how long it is as far as that was counted", () => {
    const long = show(new Trail(1_000_000), emptyWindow, 0, 20);
    expect([totalText(long), announcedCount(long)]).toEqual(["10,000+", -1]);
    const short = show(new Trail(42), emptyWindow, 0, 20);
    expect([totalText(short), announcedCount(short)]).toEqual(["42", 42]);
    expect(totalText(emptyWindow)).toBe("");
  });
});

describe("the live end of the list", () => {
  const start = show(new Trail(500), emptyWindow, 0, 20);

  test("stands on top while it is followed, newest first", () => {
    const window = arrive(arrive(start, [record(501)], true), [record(503), record(502)], true);
    expect([0, 1, 2, 3].map((row) => rowAt(window, row)?.seq)).toEqual([503, 502, 501, 500]);
    expect(totalText(window)).toBe("503");
  });

  test("waits while the reader is elsewhere, and moves no row under them", () => {
    const waiting = arrive(start, [record(502), record(501)], false);
    expect(rowAt(waiting, 0)?.seq).toBe(500);
    expect(waiting.waiting).toHaveLength(2);
    expect(rowAt(showWaiting(waiting), 0)?.seq).toBe(502);
    const followed = arrive(waiting, [record(503)], true);
    expect([0, 1, 2, 3].map((row) => rowAt(followed, row)?.seq)).toEqual([503, 502, 501, 500]);
  });

  test("shows a record once that comes both ways", () => {
    expect(arrive(start, [record(500)], true)).toBe(start);
    const early = arrive(emptyWindow, [record(500), record(501)], true);
    expect(show(new Trail(500), early, 0, 20).live.map(({ seq }) => seq)).toEqual([501]);
  });

  test("begins anew rather than leave a gap when more came than is held", () => {
    let window = start;
    for (let seq = 501; seq < 1700; seq += 100) {
      window = arrive(
        window,
        Array.from({ length: 100 }, (_, index) => record(seq + 99 - index)),
        false,
      );
    }
    expect(window.isOverrun).toBe(true);
    expect(window.waiting).toHaveLength(1000);
    expect(rowAt(window, 0)?.seq).toBe(500);
  });
});
