import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayFault } from "./consent-day.ts";
import { fieldKey } from "./field-groups.ts";
import { changedFirst, changeText, recordName } from "./history-text.ts";

const masked = (field: string) => ({ state: "masked" as const, field, record: "1", mask: "••••••" });

describe("a version of a record", () => {
  test("says what it changed by the standard's names, and never more than the api named", () => {
    expect(changeText({ version: 2, changed: ["DM.AGE", "DM.XYZ"] })).toBe("Changed: Age, XYZ.");
    expect(changeText({ version: 1, changed: null })).toBe("The record came with this version.");
    expect(changeText({ version: 3, changed: null })).toBe("What changed was not noted.");
    expect(changeText({ version: 3, changed: [] })).toBe("What changed is nothing that you may know of.");
  });

  test("shows the fields that it changed first, each field once, in their order", () => {
    const names = fc.uniqueArray(fc.constantFrom("DM.AGE", "DM.SEX", "DM.RACE", "DM.SITEID", "DM.COUNTRY"), { minLength: 1 });
    fc.assert(
      fc.property(names, fc.subarray(["DM.AGE", "DM.SEX", "DM.RACE", "DM.GONE"]), (fields, changed) => {
        const shown = changedFirst({ fields: fields.map(masked), changed });
        expect(shown.map(({ field }) => field)).toEqual([...fields.filter((name) => changed.includes(name)), ...fields.filter((name) => !changed.includes(name))]);
        for (const { field, isChanged } of shown) expect(isChanged).toBe(changed.includes(field));
      }),
    );
  });

  test("names its values apart from the current ones", () => {
    const [current, old] = [fieldKey({ field: "DM.AGE", record: "1" }), fieldKey({ field: "DM.AGE", record: "1", version: 1 })];
    expect(current).not.toBe(old);
    expect(old).not.toBe(fieldKey({ field: "DM.AGE", record: "1", version: 2 }));
  });

  test("is of a record that is called after its domain and its place in it", () => {
    expect(recordName({ domain: "DM", record: "1" })).toBe("Demographics");
    expect(recordName({ domain: "AE", record: "0".repeat(26), at: 3 })).toBe("Adverse events, record 3");
  });
});

describe("the day of a withdrawal", () => {
  const now = new Date(2026, 10, 22, 9, 30);

  test("is a day of the calendar, and not after today", () => {
    for (const day of ["2026-11-22", "2026-11-21", "2024-02-29"]) expect(dayFault(day, now)).toBeNull();
    expect(dayFault("2026-11-23", now)).toBe("This day is still to come.");
    for (const day of ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31"]) expect(dayFault(day, now)).toBe("There is no such day.");
    for (const day of ["", "22.11.2026", "2026-11-2", " 2026-11-22"]) expect(dayFault(day, now)).toBe("Say from which day.");
  });
});
