import { zones } from "@sallyport/zones";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anchoredText, anchorLine, type Chain, chainSignal, chainsSentence, inOrder, signedText, verifiedText } from "./chain-words.ts";
import { flowOf, marksOf } from "./flow-marks.ts";
import { inUrgency } from "./needs.ts";
import { barText, seriesOf, seriesSentence, seriesTop } from "./outcome-series.ts";
import { hopPath, narrowLayout, STOPPED_AT, wideLayout } from "./zone-layout.ts";

describe("denials over time", () => {
  const until = "2026-11-22T12:34:56.789Z";

  test("have a bar for each moment, and zero where nothing was denied", () => {
    const bars = seriesOf([{ at: "2026-11-22T12:30:10.000Z", allowed: 5, denied: 2, failed: 1 }], 60, 1, until);
    expect(bars).toHaveLength(60);
    expect([bars[0]?.at, bars.at(-1)?.at]).toEqual(["2026-11-22T11:35:00.000Z", "2026-11-22T12:34:00.000Z"]);
    expect(bars.filter(({ denied }) => denied > 0)).toEqual([{ at: "2026-11-22T12:30:00.000Z", allowed: 5, denied: 2, failed: 1 }]);
  });

  test("lose none of what was counted in the time", () => {
    const bucket = fc.record({ minutes: fc.integer({ min: 0, max: 59 }), denied: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(bucket), (buckets) => {
        const asked = buckets.map(({ minutes, denied }) => ({
          at: new Date(Date.parse("2026-11-22T12:34:00.000Z") - minutes * 60_000).toISOString(),
          allowed: 0,
          denied,
          failed: 0,
        }));
        const shown = seriesOf(asked, 60, 1, until);
        expect(shown.reduce((total, { denied }) => total + denied, 0)).toBe(buckets.reduce((total, { denied }) => total + denied, 0));
      }),
    );
  });

  test("are said in words, with the worst moment", () => {
    const bars = seriesOf([{ at: "2026-11-22T12:30:10.000Z", allowed: 1500, denied: 2, failed: 1 }], 60, 1, until);
    expect(seriesSentence(bars, 1)).toBe("In the last hour: 2 denied, 1 failed, 1,500 allowed. Most denials at 12:30 UTC: 2.");
    expect(seriesSentence(seriesOf([], 3600, 168, until), 168)).toBe("In the last 7 days: 0 denied, 0 failed, 0 allowed.");
    expect(barText({ at: "2026-11-22T12:30:00.000Z", allowed: 0, denied: 3, failed: 0 }, 24)).toBe("11-22 12:30 UTC: 3 denied, 0 failed, 0 allowed");
  });

  test("don't make a storm of one", () => {
    expect(seriesTop(seriesOf([{ at: until, allowed: 0, denied: 1, failed: 0 }], 60, 1, until))).toBe(4);
  });
});

describe.each([
  ["wide", wideLayout],
  ["narrow", narrowLayout],
] as const)("the %s zone map", (_, layout) => {
  test("places every zone of the table inside its frame, and no two on one another", () => {
    const [w, h] = layout.box;
    expect(layout.zones.map(({ zone }) => zone.name).toSorted()).toEqual(zones.map(({ name }) => name).toSorted());
    for (const { x, y } of layout.zones) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(x + w).toBeLessThanOrEqual(layout.width);
      expect(y + h).toBeLessThanOrEqual(layout.height);
    }
    for (const one of layout.zones) for (const other of layout.zones) if (one !== other) expect(Math.abs(one.x - other.x) >= w || Math.abs(one.y - other.y) >= h).toBe(true);
  });

  test("has a hop for each way that the table allows, and no other", () => {
    expect(layout.hops.map(({ from, to }) => `${from}>${to}`).toSorted()).toEqual(zones.flatMap(({ name, callers }) => callers.map((from) => `${from}>${name}`)).toSorted());
  });
});

test("a denied crossing stops on its way, before the door", () => {
  const hop = { from: "a", to: "b", start: [0, 0], end: [100, 0] } as const;
  const [, x = ""] = /([\d.]+) [\d.-]+$/.exec(hopPath(hop, true, STOPPED_AT)) ?? [];
  expect(Number(x)).toBeGreaterThan(50);
  expect(Number(x)).toBeLessThan(95);
  expect(hopPath(hop, true)).toMatch(/100 0$/);
});

describe("marks on a hop", () => {
  const flow = (allowed: number, denied: number) => ({ from: "public", to: "edge", allowed, denied });

  test("are none where nothing crossed, and where nobody told", () => {
    expect(marksOf(flow(0, 0))).toEqual([]);
    expect(marksOf(null)).toEqual([]);
    expect(flowOf(null, { from: "edge", to: "application" })).toBeNull();
    expect(flowOf([], { from: "public", to: "edge" })).toBeNull();
    expect(flowOf([], { from: "edge", to: "application" })).toEqual({ from: "edge", to: "application", allowed: 0, denied: 0 });
  });

  test("show one of each at least, and never more than can be told apart", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (allowed, denied) => {
        const marks = marksOf(flow(allowed, denied));
        const refused = marks.filter(({ isDenied }) => isDenied).length;
        expect(refused).toBeGreaterThanOrEqual(1);
        expect(marks.length - refused).toBeGreaterThanOrEqual(1);
        expect(marks.length).toBeLessThanOrEqual(9);
        expect(new Set(marks.map(({ key }) => key)).size).toBe(marks.length);
      }),
    );
  });

  test("keep their places when more are added", () => {
    const few = marksOf(flow(20, 0));
    const many = marksOf(flow(100, 0));
    expect(many.slice(0, few.length)).toEqual(few);
  });
});

describe("a chain in words", () => {
  const chain: Chain = {
    chain: "system",
    generation: 1,
    size: 1200,
    checkpointed: 1200,
    checkpointedAt: "2026-11-22T12:00:00.000Z",
    anchors: [],
    verifiedAt: "2026-11-22T12:00:00.000Z",
    sealsAt: "2026-11-22T12:00:00.000Z",
    checkedAt: "2026-11-22T12:00:00.000Z",
    broken: null,
    brokenBefore: null,
  };

  test("never passes for anchored when nobody outside holds it", () => {
    expect(anchoredText(chain)).toBe("Not anchored outside");
    expect(chainsSentence([chain])).toContain("not anchored outside");
    const witness = { kind: "witness" as const, name: "w.example/1", size: 1000, at: "2026-11-22T12:00:00.000Z", failure: null };
    const stamp = { ...witness, kind: "timestamp" as const, name: "tsa.example", size: 1200 };
    const anchored = { ...chain, anchors: [witness, stamp] };
    expect(anchoredText(anchored)).toBe("Up to 1,000, at w.example/1; 200 not yet");
    expect(anchoredText({ ...chain, anchors: [{ ...witness, size: 0 }, stamp] })).toBe("Not anchored outside yet");
    expect(anchoredText({ ...chain, anchors: [stamp] })).toBe("Up to 1,200, at tsa.example");
    expect(anchorLine(witness)).toBe("Witness w.example/1: up to 1,000, since 12:00:00 UTC");
    expect(anchorLine(witness, "2026-11-23T01:00:00.000Z")).toBe("Witness w.example/1: up to 1,000, since 2026-11-22 12:00:00 UTC");
    expect(anchorLine({ ...witness, failure: "anchor.unavailable" })).toBe("Witness w.example/1: up to 1,000, since 12:00:00 UTC, not reached now");
    expect(anchorLine({ ...witness, size: 0, at: null })).toBe("Witness w.example/1: nothing yet");
    expect(anchorLine({ ...witness, failure: "trail.unprovable" })).toContain("doesn't prove");
    expect(anchorLine({ ...witness, failure: "anchor.refused" })).toContain("another history");
    expect(chainsSentence([anchored])).toBe("The chain is whole as last verified, and signed to the end.");
  });

  test("is whole only when it was verified, and signed only as far as it is", () => {
    expect(chainSignal(chain)).toBe("stands");
    const never = { ...chain, verifiedAt: null, sealsAt: null };
    expect([chainSignal(never), chainSignal({ ...chain, verifiedAt: null })]).toEqual(["waiting", "stands"]);
    expect([chainSignal({ ...chain, checkpointed: 1100 }), signedText({ ...chain, checkpointed: 1100 })]).toEqual(["waiting", "Up to 1,100, 100 waiting"]);
    expect(verifiedText({ ...never, checkedAt: null })).toBe("Not verified as a whole yet");
    expect(verifiedText(never)).toBe("Not verified as a whole yet; new ones checked up to 12:00:00 UTC");
    expect(verifiedText(chain)).toBe("Every record verified 12:00:00 UTC");
    expect(verifiedText({ ...chain, verifiedAt: null })).toBe("All verified by seals 12:00:00 UTC");
    const busy = { ...chain, verifiedAt: "2026-11-21T23:00:00.000Z", sealsAt: "2026-11-22T11:00:00.000Z" };
    expect(verifiedText(busy)).toBe("Every record verified 2026-11-21 23:00:00 UTC, by seals 11:00:00 UTC; new ones checked up to 12:00:00 UTC");
    expect(signedText({ ...chain, checkpointed: 0 })).toBe("Not signed yet, 1,200 written");
    expect(signedText({ ...chain, size: 0, checkpointed: 0 })).toBe("Nothing written yet");
  });

  test("comes first when it is broken", () => {
    const broken = { ...chain, chain: "site:S/9", broken: { seq: 7, kind: "altered" } };
    expect(inOrder([{ ...chain, chain: "site:S/1" }, chain, broken]).map(({ chain: name }) => name)).toEqual(["site:S/9", "system", "site:S/1"]);
    expect(verifiedText(broken)).toBe("Broken at 7: altered");
    expect(chainsSentence([chain, broken])).toContain("One chain is broken");
  });

  test("that has gone on after a break never passes for whole", () => {
    const scarred = { ...chain, generation: 2, brokenBefore: { generation: 1, seq: 7, kind: "altered" } };
    expect(chainSignal(scarred)).toBe("scarred");
    expect(verifiedText(scarred)).toBe("Generation 1 is broken at 7: altered. Every record verified 12:00:00 UTC");
    expect(chainsSentence([chain, scarred])).toContain("One chain has an earlier generation that is broken");
    expect(chainsSentence([chain, scarred])).not.toContain("whole");
  });
});

test("what needs the reader is in order of urgency, and links to our own pages alone", () => {
  const need = (kind: "approval" | "broken", href: string) => ({ kind, text: "x", count: 1, href });
  expect(inUrgency([need("approval", "/approvals"), need("broken", "/crossings?chain=system")]).map(({ kind }) => kind)).toEqual(["broken", "approval"]);
  expect(inUrgency([need("approval", "//elsewhere"), need("approval", "javascript:alert(1)"), need("approval", "/\\elsewhere"), need("approval", "https://elsewhere")])).toEqual(
    [],
  );
});
