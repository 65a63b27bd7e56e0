import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireFailure } from "../api/wire-failure.ts";
import { advanceList, noList } from "./crossing-list.ts";
import { ExportFile, exportName } from "./export-file.ts";
import { chipsOf } from "./filter-chips.ts";
import { type FilterQuery, isFilterText, OUTCOMES, olderThan, readFilter, resolveFilter, SPANS, TEXT_KEYS, writeFilter } from "./filter-query.ts";
import { nextRow } from "./grid-keys.ts";
import { isSameFilter, READY_VIEWS } from "./ready-views.ts";
import { readRef, writeRef } from "./record-ref.ts";
import { rowsInSight, scrollFor } from "./use-rows-in-sight.ts";
import { verifyEnded, verifyHeard, verifyPercent, verifyRate, verifyStarted } from "./verify-run.ts";

const word = fc.stringMatching(/^[!-~]{1,20}$/);
const moment = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => date.toISOString());
const texts = fc.record(Object.fromEntries(TEXT_KEYS.map((key) => [key, word])), { requiredKeys: [] });
const when = fc.oneof(fc.record({ last: fc.constantFrom(...SPANS) }), fc.record({ from: moment, until: moment }, { requiredKeys: [] }));
const outcomes = fc.record({ outcome: fc.subarray([...OUTCOMES], { minLength: 1 }) }, { requiredKeys: [] });
const filters: fc.Arbitrary<FilterQuery> = fc.tuple(texts, when, outcomes).map((parts) => Object.assign({}, ...parts) as FilterQuery);

describe("a filter in a link", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
      }),
    );
  });

  test("keeps out what no filter holds: spaces, other alphabets, unknown outcomes, broken times", () => {
    expect(readFilter(new URLSearchParams("who=Jane Doe&what=naïve&outcome=allow,maybe&from=yesterday&until=2026-13-01T00:00:00.000Z&last=1y&x=1"))).toEqual({
      outcome: ["allow"],
    });
    expect(isFilterText("site", "7".repeat(21))).toBe(false);
  });

  test("with a span speaks of one moment, counted back from when the list was loaded", () => {
    expect(resolveFilter({ last: "1h", outcome: ["deny"] }, Date.UTC(2026, 10, 22, 12))).toEqual({ outcome: ["deny"], from: "2026-11-22T11:00:00.000Z" });
  });

  test("goes on from a record without its span, and loses none of the same moment", () => {
    expect(olderThan({ last: "1h", site: "701" }, "2026-11-22T11:00:00.000Z")).toEqual({ site: "701", until: "2026-11-22T11:00:00.001Z" });
  });

  test("is shown part by part, and each part comes off alone", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const chips = chipsOf(filter);
        expect(chips.map(({ key }) => key).toSorted()).toEqual(Object.keys(filter).toSorted());
        for (const { key, without } of chips)
          expect(Object.keys(without).toSorted()).toEqual(
            Object.keys(filter)
              .filter((each) => each !== key)
              .toSorted(),
          );
      }),
    );
  });

  test("that comes ready is a link like any other", () => {
    for (const { filter } of READY_VIEWS) expect(readFilter(writeFilter(filter))).toEqual(filter);
    expect(isSameFilter({ outcome: ["deny", "allow"] }, { outcome: ["allow", "deny"] })).toBe(true);
    expect(isSameFilter({ outcome: ["deny"] }, { outcome: ["allow"] })).toBe(false);
  });
});

describe("a link to a record", () => {
  test("names it exactly", () => {
    const ref = { chain: "site:CDISCPILOT01/701", generation: 1, seq: 42 };
    expect(readRef(writeRef(ref))).toEqual(ref);
  });

  test.each([null, "", "system", "system~0~1", "system~1~0", "system~1~1~1", "site:a~1~1", "other~1~1", "system~1~99999999999999999"])("reads nothing from %s", (text) => {
    expect(readRef(text)).toBeNull();
  });
});

describe("the keyboard in a long list", () => {
  test.each([
    ["ArrowDown", 5, 6],
    ["ArrowUp", 5, 4],
    ["PageDown", 5, 14],
    ["PageUp", 15, 6],
    ["PageUp", 5, 0],
    ["Home", 5, 0],
    ["End", 5, 99],
    ["ArrowDown", 99, 99],
    ["ArrowUp", 0, 0],
    ["a", 5, null],
  ] as const)("%s from row %i goes to %s of 100", (key, from, to) => {
    expect(nextRow(key, from, 100, 10)).toBe(to);
  });
});

describe("an export", () => {
  test("is the lines in order, and a script holds no more than a part of it", async () => {
    const file = new ExportFile("jsonl");
    const line = "x".repeat(9999);
    let most = 0;
    for (let part = 0; part < 50; part += 1) {
      file.add({ lines: Array.from({ length: 10 }, () => line), isLast: part === 49 });
      most = Math.max(most, file.waiting);
    }
    const blob = file.finish();
    expect(blob?.size).toBe(500 * 10_000);
    expect(most).toBeLessThan(300_000);
    expect((await blob?.text())?.endsWith(`${line}\n`)).toBe(true);
  });

  test("that was cut off is no file", () => {
    const file = new ExportFile("csv");
    file.add({ lines: ["a,b"], isLast: false });
    expect(file.finish()).toBeNull();
  });

  test("is called after its time, and says nothing of its filter", () => {
    expect(exportName("csv", Date.UTC(2026, 10, 22, 12))).toBe("crossings-20261122T120000Z.csv");
  });
});

describe("a verification", () => {
  const chain = (broken: { seq: number; kind: string; why: string } | null) => ({ chain: "system", generation: 1, size: 10, at: "2026-11-22T12:00:00.000Z", broken });
  const event = { done: 1, of: 2, recordsDone: 10, recordsOf: 40, chain: chain(null), isLast: false };

  test("is whole only after its last word", () => {
    const running = verifyHeard(verifyStarted, event);
    expect([running.phase, verifyPercent(running)]).toEqual(["running", 25]);
    expect([verifyRate(running, 500), verifyRate(verifyStarted, 500)]).toEqual([running.recordsDone * 2, null]);
    expect(verifyHeard(running, { ...event, done: 2, recordsDone: 40, isLast: true }).phase).toBe("whole");
  });

  test("that found one break is broken, whatever else it found", () => {
    const found = verifyHeard(verifyStarted, { ...event, chain: chain({ seq: 3, kind: "altered", why: "mac" }) });
    expect(verifyHeard(found, { ...event, isLast: true }).phase).toBe("broken");
  });

  test("that ended early is cut, not whole", () => {
    expect(verifyEnded(verifyHeard(verifyStarted, event)).phase).toBe("cut");
    expect(verifyEnded(verifyHeard(verifyStarted, { ...event, isLast: true })).phase).toBe("whole");
  });
});

describe("rows in sight", () => {
  test("are those of the frame and a few around them, however long the list", () => {
    expect(rowsInSight(0, 400, 40, 1_000_000)).toEqual([0, 18]);
    expect(rowsInSight(40_000, 400, 40, 1_000_000)).toEqual([992, 1018]);
    expect(rowsInSight(0, 400, 40, 3)).toEqual([0, 2]);
    expect(rowsInSight(0, 400, 40, 0)).toEqual([0, -1]);
  });

  test("move by as little as brings the active row whole into the frame", () => {
    expect(scrollFor(5, 0, 400, 40, 36)).toBe(0);
    expect(scrollFor(9, 0, 400, 40, 36)).toBe(36);
    expect(scrollFor(2, 400, 400, 40, 36)).toBe(80);
  });
});

describe("a list", () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const begun = advanceList(noList, { kind: "began", filter: { site: "701" }, nowMs: now });
  const answer = { items: [], next: null, total: { count: 0, isMore: false }, searchableUntil: "2026-11-22T12:00:00.000Z", archived: [] };

  test("takes no answer to an earlier one", () => {
    const next = advanceList(begun, { kind: "began", filter: {}, nowMs: now });
    expect(advanceList(next, { kind: "page", list: begun.list, index: 0, answer })).toBe(next);
    expect(advanceList(next, { kind: "failed", list: begun.list, failure: new WireFailure("internal") })).toBe(next);
    expect(advanceList(next, { kind: "page", list: next.list, index: 0, answer }).window.pages).toHaveLength(1);
  });

  test("watches for nothing when its time is over", () => {
    expect(begun.isPast).toBe(false);
    expect(advanceList(noList, { kind: "began", filter: { until: "2026-11-22T11:59:59.000Z" }, nowMs: now }).isPast).toBe(true);
  });

  test("that was overrun begins anew with the same filter", () => {
    const overrun = { ...begun, window: { ...begun.window, isOverrun: true } };
    expect(advanceList(overrun, { kind: "shown" })).toMatchObject({ list: begun.list + 1, filter: { site: "701" }, window: { pages: [], isOverrun: false } });
  });
});
