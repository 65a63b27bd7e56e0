import fc from "fast-check";
import { expect, test } from "vitest";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import type { FieldValue } from "./dataset.ts";
import type { Classification } from "./ports.ts";
import { Classifier, type Profile, type VariableRule } from "./profile.ts";

const YEAR = 2026;
const rule = (kind: VariableRule["kind"], classification: Classification): VariableRule => ({ classification, hipaa: null, kind, note: "" });
/** A profile that says of DM.X what a test says, and of nothing else. */
const saying = (said: VariableRule): Classifier => new Classifier({ ...cdiscSdtm, domains: { DM: { X: said } } } satisfies Profile, YEAR);
const classOf = (said: VariableRule, value: FieldValue): Classification => saying(said).ofValue("DM", "X", value);

test.each([
  [89, "public"],
  [0, "public"],
  ["89", "public"],
  ["34.5", "public"],
  [90, "phi"],
  [89.5, "phi"],
  ["90", "phi"],
  [-1, "phi"],
  [">89", "phi"],
  ["ninety", "phi"],
  ["9e1", "phi"],
  [true, "phi"],
  ["", "public"],
  [null, "public"],
] as const)("an age of %j in a variable that is public is %s", (value, classification) => {
  expect(classOf(rule("age", "public"), value)).toBe(classification);
});

test.each([
  ["2026", "public"],
  ["1937", "public"],
  ["1936", "phi"],
  ["0001", "phi"],
  ["2026-01", "phi"],
  ["2026-01-31", "phi"],
  ["2026---31", "phi"],
  ["--01-31", "phi"],
  ["T10:30", "phi"],
  ["Jan 2026", "phi"],
  [2026, "phi"],
  ["", "public"],
  [null, "public"],
] as const)("a date of %j in a variable that is public is %s", (value, classification) => {
  expect(classOf(rule("date", "public"), value)).toBe(classification);
});

test("AGE of CDISC SDTM is PHI, whatever its value is", () => {
  const shipped = new Classifier(cdiscSdtm, YEAR);
  for (const value of [1, 34, 89, 90, null, ""]) expect(shipped.ofValue("DM", "AGE", value)).toBe("phi");
});

test("a value of a variable that nobody classified is PHI", () => {
  for (const value of ["x", 1, true, null]) expect(saying(rule("administrative", "public")).ofValue("DM", "Y", value)).toBe("phi");
});

test("a value is never less than its variable, and by its kind alone it is at most PHI", () => {
  const value = fc.oneof(fc.string(), fc.integer({ min: -5, max: 130 }), fc.boolean(), fc.constant(null), fc.constantFrom("2020", "1900", "2020-02", "89", "90"));
  const order = ["public", "regulatory", "phi", "treatment"];
  const kind = fc.constantFrom("age", "date", "free_text", "administrative", "device") as fc.Arbitrary<VariableRule["kind"]>;
  fc.assert(
    fc.property(kind, fc.constantFrom(...(order as Classification[])), value, (of, classification, each) => {
      const found = order.indexOf(classOf(rule(of, classification), each));
      expect(found).toBeGreaterThanOrEqual(order.indexOf(classification));
      expect(found).toBeLessThanOrEqual(Math.max(order.indexOf(classification), order.indexOf("phi")));
    }),
  );
});
