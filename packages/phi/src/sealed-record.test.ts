import { expect, test } from "vitest";
import { openField, sealField, secretKey } from "@sallyport/crypto";
import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import { faultTest, seededBytes } from "@sallyport/testkit";
import type { FieldValue } from "./dataset.ts";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { Phi } from "./phi.ts";
import type { Classification, FieldRow } from "./ports.ts";
import { Classifier } from "./profile.ts";
import { decodeField, encodeField, openFields as openUnder, type PlainField, sealRecord, type SealedFor } from "./sealed-record.ts";

const random = seededBytes("sealed-record");
const key = { id: "sub-test-1", key: secretKey(random(32)) };
const subject: SealedFor = { id: "sub_00000000000000000000000001", study: "SYNTH-01", site: "N01" };
const other: SealedFor = { ...subject, id: "sub_00000000000000000000000002" };

function grantFor(action: Action, readable: readonly string[] = [], masked: readonly string[] = [], sites: readonly SiteRef[] = [subject]): Grant {
  return Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action, resource: "subject", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "role", sites, fields: { readable, masked } },
  );
}
/** The profile that the fields here were released with is the one in force. */
const classifier = new Classifier(cdiscSdtm, 2026);
const openFields = (...[grant, dataKey, of, rows]: readonly [Grant, typeof key, SealedFor, readonly FieldRow[]]) => openUnder(grant, dataKey, of, rows, classifier);
const release = grantFor("packet.release");
const reviewer = () => grantFor("subject.read", ["public", "regulatory"], ["phi"]);
const field = (name: string, classification: Classification, value: FieldValue): PlainField => ({ name, classification, value: new Phi(value, { site: subject, classification }) });
const FIELDS = [
  field("SITEID", "regulatory", "N01"),
  field("SEX", "phi", "F"),
  field("AGE", "phi", 34),
  field("ARM", "treatment", "Alpha"),
  field("DTHFL", "phi", ""),
  field("DTHDTC", "phi", null),
];
const sealed = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: FIELDS });
const rowOf = (name: string): FieldRow => {
  const row = sealed.fields.find((one) => one.name === name);
  if (row === undefined) throw new RangeError(name);
  return row;
};
const opened = (grant: Grant, rows: readonly FieldRow[]) =>
  openFields(grant, key, subject, rows).map((view) => [view.name, view.shown === "open" ? view.value.open(grant) : view.mask]);

test("a release opens every field with its type, and tells an empty text from a missing value", () => {
  expect(opened(release, sealed.fields)).toEqual([
    ["SITEID", "N01"],
    ["SEX", "F"],
    ["AGE", 34],
    ["ARM", "Alpha"],
    ["DTHFL", ""],
    ["DTHDTC", null],
  ]);
});

test("a reviewer sees what is readable, a mask for what is masked, and no trace of the rest", () => {
  expect(opened(reviewer(), sealed.fields)).toEqual([
    ["SITEID", "N01"],
    ["SEX", "••••••"],
    ["AGE", "••••••"],
    ["DTHFL", "••••••"],
    ["DTHDTC", "••••••"],
  ]);
});

test("a masked field is not decrypted", () => {
  expect(opened(reviewer(), [{ ...rowOf("SEX"), sealed: "nothing that could open" }])).toEqual([["SEX", "••••••"]]);
});

test("a rule without fields shows none", () => {
  expect(opened(grantFor("subject.read"), sealed.fields)).toEqual([]);
});

test("a closed grant, another action and another site open nothing", () => {
  const ended = reviewer();
  ended.close();
  for (const grant of [ended, grantFor("subject.list", ["phi"]), grantFor("packet.upload", ["phi"]), grantFor("phi.read", ["phi"], [], [{ study: "SYNTH-01", site: "N02" }])]) {
    expect(() => openFields(grant, key, subject, sealed.fields)).toThrow("policy.denied");
  }
});

test("only a release seals", () => {
  for (const action of ["phi.read", "subject.read", "packet.upload"] as const) {
    expect(() => sealRecord(grantFor(action, ["phi"]), key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: FIELDS })).toThrow("policy.denied");
  }
});

const MOVES: readonly (readonly [what: string, row: FieldRow])[] = [
  ["in another field", { ...rowOf("AGE"), sealed: rowOf("SEX").sealed }],
  ["of another version", { ...rowOf("SEX"), version: 2 }],
  ["of another record", { ...rowOf("SEX"), record: "2" }],
  ["of another domain", { ...rowOf("SEX"), domain: "AE" }],
  ["of another subject", { ...rowOf("SEX"), subject: other.id }],
];
for (const [what, row] of MOVES) {
  test(`[E2] a value that is put in the place ${what} does not open`, () => {
    expect(() => openFields(release, key, subject, [row])).toThrow("phi.integrity");
  });
}

test("[E2] a subject's values do not open as another subject's, at another site or in another study", () => {
  for (const place of [other, { ...subject, site: "N02" }, { ...subject, study: "SYNTH-02" }]) {
    const rows = sealed.fields.map((row) => ({ ...row, subject: place.id }));
    expect(() => openFields(grantFor("packet.release", [], [], [place]), key, place, rows)).toThrow("phi.integrity");
  }
});

test("[E4] an old version's value does not open as the current one", () => {
  const next = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 2, fields: [field("SEX", "phi", "M")] });
  const [row] = next.fields;
  expect(row).toBeDefined();
  if (row !== undefined) expect(() => openFields(release, key, subject, [{ ...row, sealed: rowOf("SEX").sealed }])).toThrow("phi.integrity");
});

faultTest("E2", "a classification that was loosened beside the ciphertext opens nothing", async (defence) => {
  const place = { study: subject.study, site: subject.site, subject: subject.id, field: "DM.ARM.1", version: 1 };
  const row: FieldRow = { ...rowOf("ARM"), classification: "public" };
  const unbound: FieldRow = { ...row, sealed: sealField(key, place, encodeField("public", "Alpha")) };
  // As far as the profile goes, the arm is public: what is bound with the value is all that keeps it.
  const open = new Classifier({ ...cdiscSdtm, domains: { DM: { ARM: { classification: "public", hipaa: null, kind: "administrative", note: "" } } } }, 2026);
  expect(() => openUnder(reviewer(), key, subject, [defence === "on" ? row : unbound], open)).toThrow("phi.integrity");
});

test("fields of the same block are stored with the same length, whatever they hold", () => {
  const lengthOf = (value: FieldValue) => {
    const [row] = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: [field("ARMCD", "treatment", value)] }).fields;
    return row?.sealed.length;
  };
  expect(new Set(["Pbo", "Xan_Hi", "Xanomeline High Dose", "", null, 1, true].map(lengthOf)).size).toBe(1);
});

test("what is sealed is canonical JSON, filled with spaces, and nothing else opens", () => {
  const text = openField(key, { study: subject.study, site: subject.site, subject: subject.id, field: "DM.SEX.1", version: 1 }, rowOf("SEX").sealed);
  expect(text).toBe('["phi","F"]'.padEnd(64, " "));
  for (const wrong of [
    text.trim(),
    `${text} `,
    ` ${text.slice(1)}`,
    '["phi", "F"]'.padEnd(64, " "),
    '["phi",["F"]]'.padEnd(64, " "),
    '["phi"]'.padEnd(64, " "),
    '"F"'.padEnd(64, " "),
    "",
    '["phi","F","G"]'.padEnd(64, " "),
  ]) {
    expect(() => decodeField("phi", wrong)).toThrow("phi.integrity");
  }
});

test("an error of a field that doesn't open holds nothing of it", () => {
  const canary = "CANARY-aa41";
  const [row] = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: [field("SEX", "phi", canary)] }).fields;
  expect(row).toBeDefined();
  if (row === undefined) return;
  try {
    openFields(release, key, subject, [{ ...row, version: 2 }]);
    expect.unreachable();
  } catch (error) {
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ""}`).not.toContain("aa41");
  }
});
