import { canonicalJson } from "@sallyport/crypto";
import { expect, test } from "vitest";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { fhirR4Patient } from "./fhir-r4-patient.ts";
import { profileDifference, storedEffects } from "./profile-difference.ts";
import { canonicalProfile, profileDigest, readProfile } from "./profile-document.ts";
import type { Profile, VariableRule } from "./profile.ts";
import { shippedProfileDigests, shippedProfiles } from "./shipped-profiles.ts";

const whereOf = (document: unknown): readonly string[] => {
  try {
    readProfile(typeof document === "string" ? document : JSON.stringify(document));
  } catch (error) {
    expect(error).toMatchObject({ code: "profile.invalid" });
    return (error as { readonly context: { readonly where: readonly string[] } }).context.where;
  }
  return [];
};
/** CDISC SDTM's next version, with some variables of DM said otherwise. */
const next = (dm: Readonly<Record<string, Partial<VariableRule>>>, more: Partial<Profile> = {}): Profile => ({
  ...cdiscSdtm,
  version: 2,
  ...more,
  domains: {
    ...cdiscSdtm.domains,
    DM: { ...cdiscSdtm.domains["DM"], ...Object.fromEntries(Object.entries(dm).map(([name, rule]) => [name, { ...(cdiscSdtm.domains["DM"]?.[name] as VariableRule), ...rule }])) },
  },
});

test("the profiles that are shipped are right, and their digests are the ones that were published", () => {
  for (const profile of shippedProfiles) expect(canonicalProfile(readProfile(canonicalProfile(profile)))).toBe(canonicalProfile(profile));
  expect(shippedProfiles.map(profileDigest)).toEqual(shippedProfileDigests);
  expect(shippedProfileDigests).toEqual(["e09b3ae24d142ef6abe3e3f0eba52c55b7b2a92309206f211a15184a11ed4d25", "0e4c059117db4835d709dd343e89fb9a0cae39c8ab6d61904d09e1fff3118c12"]);
});

test("a document's bytes are canonical however it was written down", () => {
  const turned = JSON.stringify(Object.fromEntries(Object.entries(cdiscSdtm).toReversed()), null, 2);
  expect(profileDigest(readProfile(turned))).toBe(profileDigest(cdiscSdtm));
});

test.each<[string, unknown, string]>([
  ["no JSON", "{", "the document: not JSON"],
  ["a list", [], "the document: not an object"],
  ["a member more", { ...cdiscSdtm, secret: 1 }, "the document: has a member that a profile doesn't have"],
  ["a member less", Object.fromEntries(Object.entries(cdiscSdtm).filter(([name]) => name !== "title")), "the document: has no title"],
  ["a name with a slash", { ...cdiscSdtm, id: "a/b" }, "id: not a profile's name"],
  ["version 0", { ...cdiscSdtm, version: 0 }, "version: not a number from 1"],
  ["another source", { ...cdiscSdtm, source: "csv" }, "source: neither dataset-json nor fhir-r4"],
  ["another binding of Dataset-JSON", { ...cdiscSdtm, binding: { ...cdiscSdtm.binding, domain: "AE" } }, "binding: in Dataset-JSON it is DM that binds, by USUBJID and SITEID"],
  [
    "an identifier without a system",
    { ...fhirR4Patient, binding: { ...fhirR4Patient.binding, subject: { path: "identifier", system: null, prefix: "" } } },
    "binding.subject: not the identifier of one system",
  ],
  ["the domain of consent", { ...cdiscSdtm, domains: { CONSENT: {} } }, "domains: a name that no domain has"],
  ["a variable's name in small letters", { ...cdiscSdtm, domains: { DM: { age: cdiscSdtm.domains["DM"]?.["AGE"] } } }, "domains.DM: a name that no variable has"],
  ["free text that is public", next({ DTHFL: { kind: "free_text", classification: "public" } }), "DM.DTHFL: free text can't be less than PHI"],
  ["an identifier of HIPAA's that is regulatory", next({ SEX: { hipaa: 18, classification: "regulatory" } }), "DM.SEX: one of HIPAA's identifiers can't be less than PHI"],
  ["a 19th identifier", next({ SEX: { hipaa: 19 } }), "DM.SEX: not one of HIPAA's 18 identifiers"],
  [
    "a class that isn't one",
    { ...cdiscSdtm, domains: { DM: { SEX: { classification: "secret", hipaa: null, kind: "person", note: "" } } } },
    "DM.SEX: classified as nothing that is known",
  ],
  ["a kind that isn't one", { ...cdiscSdtm, domains: { DM: { SEX: { classification: "phi", hipaa: null, kind: "x", note: "" } } } }, "DM.SEX: of no kind that is known"],
])("%s is refused by its place", (_, document, where) => {
  expect(whereOf(document)).toContain(where);
});

test("a document larger than it may be is refused, and no more than twenty places are named", () => {
  expect(whereOf(`"${"x".repeat(1024 * 1024)}"`)).toEqual(["the document: larger than it may be"]);
  const wrong = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`V${at}`, null]));
  expect(whereOf({ ...cdiscSdtm, domains: { DM: wrong } })).toHaveLength(20);
});

test("a date and an age may be less than PHI: each of their values is judged by itself", () => {
  expect(whereOf(next({ AGE: { classification: "public" }, DTHDTC: { classification: "regulatory" } }))).toEqual([]);
});

test("a difference names each variable that is said otherwise, and whether that lets more through", () => {
  const after = next({ AGE: { classification: "public" }, COUNTRY: { classification: "phi" }, SEX: { note: "another" } }, { title: "Another title" });
  const { frame, rules } = profileDifference(cdiscSdtm, after);
  expect(frame).toEqual([{ what: "title", before: "CDISC SDTM in Dataset-JSON", after: "Another title" }]);
  expect(rules.map(({ domain, variable, before, after: then, direction }) => [domain, variable, before.classification, then.classification, direction])).toEqual([
    ["DM", "AGE", "phi", "public", "looser"],
    ["DM", "COUNTRY", "regulatory", "phi", "tighter"],
    ["DM", "SEX", "phi", "phi", "same"],
  ]);
  expect(profileDifference(after, after)).toEqual({ frame: [], rules: [] });
});

test("a variable that is taken out of a profile is PHI from then on, and one that is put in was", () => {
  const without = { ...cdiscSdtm, version: 2, domains: { ...cdiscSdtm.domains, DM: {} } };
  const change = profileDifference(cdiscSdtm, without).rules.find(({ variable }) => variable === "COUNTRY");
  expect(change).toMatchObject({ after: { classification: "phi", isKnown: false }, direction: "tighter" });
  expect(profileDifference(without, cdiscSdtm).rules.find(({ variable }) => variable === "COUNTRY")).toMatchObject({ direction: "looser" });
});

test("a date that is public and no date any more is a loosening, though its class is the same", () => {
  const dated = next({ DTHDTC: { classification: "public" } });
  const undated = { ...next({ DTHDTC: { classification: "public", kind: "administrative", hipaa: null } }), version: 3 };
  expect(profileDifference(dated, undated).rules).toMatchObject([{ variable: "DTHDTC", direction: "looser" }]);
});

test("what is stored is counted by what it is shown as now: released as PHI, it stays PHI until it is delivered again", () => {
  const after = next({ SEX: { classification: "public" }, COUNTRY: { classification: "phi" } });
  const count = (name: string, classification: "public" | "regulatory" | "phi", fields: number) => ({ study: "S", domain: "DM", name, classification, fields });
  expect(storedEffects(cdiscSdtm, after, ["S", "T"], [count("SEX", "phi", 5), count("COUNTRY", "regulatory", 7), count("COUNTRY", "phi", 2), count("AGE", "phi", 9)])).toEqual([
    { study: "S", tightened: 7, loosened: 5 },
    { study: "T", tightened: 0, loosened: 0 },
  ]);
});

test("canonical bytes of a profile are those of its JSON", () => {
  expect(canonicalProfile(fhirR4Patient)).toBe(canonicalJson(JSON.parse(JSON.stringify(fhirR4Patient))));
});
