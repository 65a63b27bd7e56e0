import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bulkRequestOf } from "./bulk-request.ts";
import { groupFields } from "./field-groups.ts";
import { CHECK_MS, coveredText, OpenValues } from "./open-values.ts";
import { byStudy, placeQuery, readDomain, readPlace, subjectPath } from "./subject-place.ts";

const MASK = "••••••";
const recorded = { chain: "site:S/1", generation: 1, seq: 4 };

/** A clock that is moved by hand; a slept machine moves it without its timers. */
function handClock() {
  let now = 0;
  let timers: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    after: (ms: number, act: () => void) => {
      const timer = { at: now + ms, act };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    sleep: (ms: number) => {
      now += ms;
    },
    pass: (ms: number) => {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { act } of due) act();
    },
    get waiting() {
      return timers.length;
    },
  };
}

const unchecked = (): void => undefined;

describe("an opened value", () => {
  test("has its session checked every ten seconds as long as it is open, and no longer", () => {
    const clock = handClock();
    let checks = 0;
    const values = new OpenValues(() => (checks += 1), clock);
    clock.pass(CHECK_MS);
    expect(checks).toBe(0);
    values.open([{ key: "a", value: 1 }], 60, recorded);
    for (const expected of [1, 2, 3]) {
      clock.pass(CHECK_MS);
      values.open([{ key: "b", value: expected }], 60, recorded);
      expect(checks).toBe(expected);
    }
    values.cover("asked");
    clock.pass(CHECK_MS);
    expect([checks, clock.waiting]).toEqual([3, 0]);
  });

  test("is gone at its end, and its page is told once", () => {
    const clock = handClock();
    const values = new OpenValues(unchecked, clock);
    const heard: unknown[] = [];
    values.open([{ key: "DM.SEX/1", value: "F" }], 60, recorded);
    values.subscribe((covered) => heard.push(covered));
    clock.pass(59_999);
    expect(values.at("DM.SEX/1")?.value).toBe("F");
    clock.pass(1);
    expect(values.at("DM.SEX/1")).toBeNull();
    expect([values.count, clock.waiting]).toEqual([0, 0]);
    expect(heard).toEqual([{ keys: ["DM.SEX/1"], why: "time" }]);
  });

  test("is closed after its end even where no timer ran", () => {
    const clock = handClock();
    const values = new OpenValues(unchecked, clock);
    values.open([{ key: "a", value: 1 }], 60, recorded);
    clock.sleep(3_600_000);
    expect(values.at("a")).toBeNull();
  });

  test("stays open when another one ends", () => {
    const clock = handClock();
    const values = new OpenValues(unchecked, clock);
    values.open([{ key: "a", value: 1 }], 60, recorded);
    clock.pass(30_000);
    values.open([{ key: "b", value: 2 }], 60, recorded);
    clock.pass(30_000);
    expect([values.at("a"), values.at("b")?.value]).toEqual([null, 2]);
    clock.pass(30_000);
    expect(values.count).toBe(0);
  });

  test("is covered at once with all others when the page is left or hidden, and nothing waits any more", () => {
    const clock = handClock();
    const values = new OpenValues(unchecked, clock);
    values.open(
      [
        { key: "a", value: 1 },
        { key: "b", value: null },
      ],
      60,
      recorded,
    );
    const before = values.version();
    values.cover("hidden");
    expect([values.at("a"), values.at("b"), values.count, clock.waiting]).toEqual([null, null, 0, 0]);
    expect(values.version()).toBeGreaterThan(before);
    values.cover("hidden");
    expect(values.version()).toBe(before + 1);
  });

  test("is covered alone when that is asked for", () => {
    const values = new OpenValues(unchecked, handClock());
    values.open(
      [
        { key: "a", value: 1 },
        { key: "b", value: 2 },
      ],
      60,
      recorded,
    );
    values.cover("asked", "a");
    expect([values.at("a"), values.at("b")?.value]).toEqual([null, 2]);
  });

  test("is never in what is said about it", () => {
    expect(coveredText(1, "time")).toBe("The time is over: one value is masked again.");
    expect(coveredText(3, "hidden")).toBe("This page was out of sight: 3 values are masked again.");
  });
});

describe("a subject's fields", () => {
  test("stand by domain and record, demographics first, each once", () => {
    const field = fc.record({ field: fc.constantFrom("AE.AETERM", "DM.SEX", "DM.AGE", "VS.VSORRES"), record: fc.integer({ min: 1, max: 20 }).map(String) });
    fc.assert(
      fc.property(fc.uniqueArray(field, { selector: (each) => `${each.field}/${each.record}` }), (names) => {
        const groups = groupFields(names.map((name) => ({ state: "masked" as const, ...name, mask: MASK })));
        const keys = groups.flatMap(({ records }) => records.flatMap(({ fields }) => fields.map(({ key }) => key)));
        expect(keys.toSorted()).toEqual(names.map(({ field: name, record }) => `${name}/${record}`).toSorted());
        if (names.some(({ field: name }) => name.startsWith("DM."))) expect(groups[0]?.domain).toBe("DM");
        for (const { domain, records } of groups) {
          const inOrder = names.filter(({ field: name }) => name.startsWith(`${domain}.`)).map(({ record }) => record);
          expect(records.map(({ record }) => record)).toEqual([...new Set(inOrder)]);
        }
      }),
    );
  });

  test("have the standard's names where it gives any", () => {
    const [group] = groupFields([
      { state: "readable", field: "DM.SEX", record: "1", value: "F" },
      { state: "masked", field: "DM.XYZ", record: "1", mask: MASK },
    ]);
    expect([group?.title, group?.masked]).toEqual(["Demographics", 1]);
    expect(group?.records[0]?.fields.map(({ variable, label }) => [variable, label])).toEqual([
      ["SEX", "Sex"],
      ["XYZ", null],
    ]);
    expect(groupFields([{ state: "masked", field: "ZZ.A", record: "1", mask: MASK }])[0]?.title).toBe("ZZ");
  });

  test("are under their whole path where they are a resource's, and not under its first part", () => {
    const [group, ...more] = groupFields(
      ["PATIENT.name.0.family", "PATIENT.name.0.given.1", "PATIENT.birthDate"].map((field) => ({ state: "masked" as const, field, record: "1", mask: MASK })),
    );
    expect(more).toEqual([]);
    expect([group?.domain, group?.title, group?.masked]).toEqual(["PATIENT", "Patient", 3]);
    expect(group?.records[0]?.fields.map(({ variable }) => variable)).toEqual(["name.0.family", "name.0.given.1", "birthDate"]);
  });
});

describe("a place of subjects", () => {
  test("is read back from its link", () => {
    for (const place of [{}, { study: "CDISCPILOT01" }, { study: "CDISCPILOT01", site: "701" }]) expect(readPlace(new URLSearchParams(placeQuery(place)))).toEqual(place);
  });

  test("has its own page, at its demographics where a link names no domain", () => {
    expect(subjectPath("sub_1", { tab: "record", domain: "DM" })).toBe("/subjects/sub_1");
    expect(subjectPath("sub_1", { tab: "exposure", domain: "AE" })).toBe("/subjects/sub_1?tab=exposure&domain=AE");
    expect(["AE", null, "ae", "A", "AE/../x", "SUPPDM"].map(readDomain)).toEqual(["AE", "DM", "DM", "DM", "DM", "SUPPDM"]);
  });

  test("is nowhere for a site without a study, or a name that none can have", () => {
    expect(readPlace(new URLSearchParams("site=701"))).toEqual({});
    expect(readPlace(new URLSearchParams("study=a/b&site=701"))).toEqual({});
    expect(readPlace(new URLSearchParams("study=a&site=7 1"))).toEqual({ study: "a" });
  });

  test("counts a study as its sites together, in natural order", () => {
    expect(
      byStudy([
        { study: "B", site: "1", count: 1 },
        { study: "A", site: "10", count: 3 },
        { study: "A", site: "9", count: 2 },
      ]),
    ).toEqual([
      {
        study: "A",
        count: 5,
        sites: [
          { site: "9", count: 2 },
          { site: "10", count: 3 },
        ],
      },
      { study: "B", count: 1, sites: [{ site: "1", count: 1 }] },
    ]);
  });
});

describe("a request to open many fields", () => {
  const request = {
    approvalId: "apr_00000000000000000000000000",
    kind: "phi.bulk_reveal" as const,
    about: "lomar-tesi",
    state: "requested" as "requested" | "approved" | "done",
    requestedBy: { personId: "per_00000000000000000000000000", printedName: "A" },
    requestedAt: "2026-11-22T12:00:00.000Z",
    expiresAt: "2026-11-23T12:00:00.000Z",
    needed: 1,
    votes: [],
    digest: "0".repeat(64),
    mayDecide: false,
    whyNot: "own_request" as const,
    isMine: true,
  };

  test("is the reader's own, of this subject, and still open or approved", () => {
    expect(bulkRequestOf([request], "lomar-tesi")).toBe(request);
    for (const other of [
      { ...request, isMine: false },
      { ...request, about: "other" },
      { ...request, state: "done" as const },
      { ...request, kind: "person.invite" as const },
    ])
      expect(bulkRequestOf([other], "lomar-tesi")).toBeNull();
  });

  test("is the approved one before one that waits", () => {
    const approved = { ...request, state: "approved" as const, requestedAt: "2026-11-21T12:00:00.000Z" };
    expect(bulkRequestOf([request, approved], "lomar-tesi")).toBe(approved);
  });
});
