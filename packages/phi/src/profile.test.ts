import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { classify } from "./profile.ts";
import { readDataset } from "./open-dataset.ts";

test.each([
  ["DM", "USUBJID", "phi", 18],
  ["DM", "SUBJID", "phi", 18],
  ["DM", "RFSTDTC", "phi", 3],
  ["DM", "BRTHDTC", "phi", 3],
  ["DM", "AGE", "phi", 3],
  ["DM", "SEX", "phi", null],
  ["DM", "SITEID", "regulatory", null],
  ["DM", "COUNTRY", "regulatory", null],
  ["DM", "DOMAIN", "public", null],
  ["DM", "ARM", "treatment", null],
  ["AE", "AETERM", "phi", null],
  ["SUPPDM", "QVAL", "phi", null],
  ["SUPPDM", "IDVARVAL", "phi", null],
])("%s.%s is %s", (domain, variable, classification, hipaa) => {
  expect(classify(cdiscSdtm, domain, variable)).toMatchObject({ classification, hipaa, isKnown: true });
});

test("a variable or a domain that nobody classified is PHI", () => {
  for (const [domain, variable] of [
    ["DM", "LOCALID"],
    ["ZZ", "ANYTHING"],
    ["DM", "constructor"],
    ["__proto__", "toString"],
    ["DM", "arm"],
    ["*", "X"],
  ] as const) {
    expect(classify(cdiscSdtm, domain, variable)).toMatchObject({ classification: "phi", isKnown: false });
  }
});

test("an arm is treatment in every domain, known or not", () => {
  for (const domain of ["DM", "AE", "SV", "ZZ"])
    for (const variable of ["ARM", "ARMCD", "ACTARM", "ACTARMCD"]) expect(classify(cdiscSdtm, domain, variable).classification).toBe("treatment");
});

test("every number is one of HIPAA's 18 identifiers, and whatever has one is PHI", () => {
  for (const { classification, hipaa } of Object.values(cdiscSdtm.domains).flatMap((variables) => Object.values(variables))) {
    if (hipaa === null) continue;
    expect(hipaa).toBeGreaterThanOrEqual(1);
    expect(hipaa).toBeLessThanOrEqual(18);
    expect(classification).toBe("phi");
  }
});

const folder = new URL("../../../../shared/data/", import.meta.url);
describe.skipIf(!existsSync(folder))(existsSync(folder) ? "the CDISC example studies" : "the CDISC example studies (skipped: ../shared/data is not there)", () => {
  test("the profile speaks of every variable of every domain of them", async () => {
    for (const [study, domains] of [
      ["cdisc", ["DM", "AE", "DS", "SUPPDM", "SV"]],
      ["cdisc-1.1", ["dm", "ae", "ds", "suppdm", "sv", "vs"]],
    ] as const) {
      for (const domain of domains) {
        const { name, columns } = await readDataset(readFileSync(new URL(`${study}/${domain}.json`, folder)));
        const variables = columns.map((column) => ({ name: column.name, ...classify(cdiscSdtm, name, column.name) }));
        expect([domain, variables.filter(({ isKnown }) => !isKnown)]).toEqual([domain, []]);
        expect(variables.length).toBeGreaterThan(9);
      }
    }
  });
});
