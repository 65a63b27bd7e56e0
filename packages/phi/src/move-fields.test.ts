import { readFileSync } from "node:fs";
import { openField, secretKey } from "@sallyport/crypto";
import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { moveFields, sealConsentDate } from "./move-fields.ts";
import { readDataset } from "./open-dataset.ts";
import { Phi } from "./phi.ts";
import type { FieldRow } from "./ports.ts";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { Classifier } from "./profile.ts";
import { openFields, sealRecord } from "./sealed-record.ts";
import { consentField } from "./subject-acts.ts";

const random = seededBytes("move-fields");
const ID = `sub_${"0".repeat(25)}1`;
const [FROM, TO] = ["701", "704"].map((site) => ({ study: "PILOT", site })) as [SiteRef, SiteRef];
const [oldKey, newKey] = [1, 2].map((n) => ({ id: `${ID}-${n}`, key: secretKey(random(32)) })) as [Keyed, Keyed];
type Keyed = Parameters<typeof sealRecord>[1];

const grantFor = (action: Action, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action, resource: "subject", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "role", sites, fields: { readable: ["phi", "treatment"], masked: [] } },
  );
const transfer = (): Grant => grantFor("subject.transfer", FROM, TO);
const { fields: ROWS } = sealRecord(
  grantFor("packet.release", FROM),
  oldKey,
  { id: ID, ...FROM },
  {
    domain: "DM",
    record: "1",
    version: 3,
    fields: [
      { name: "AGE", classification: "phi", value: new Phi(34, { site: FROM, classification: "phi" }) },
      { name: "ARM", classification: "treatment", value: new Phi("Alpha", { site: FROM, classification: "treatment" }) },
    ],
  },
);
const from = { site: FROM, key: oldKey };
const to = { site: TO, key: newKey };
const opened = (site: SiteRef, key: Keyed, rows: readonly FieldRow[]): readonly unknown[] => {
  const grant = grantFor("phi.read", site);
  return openFields(grant, key, { id: ID, ...site }, rows, new Classifier(cdiscSdtm, 2026)).map((view) => (view.shown === "open" ? view.value.open(grant) : view.mask));
};

test("what is moved opens at the new place under the new key, and nowhere else", () => {
  const moved = moveFields(transfer(), ID, from, to, ROWS);
  expect(opened(TO, newKey, moved)).toEqual([34, "Alpha"]);
  expect(() => opened(FROM, oldKey, moved)).toThrow("phi.integrity");
  expect(() => opened(FROM, newKey, moved)).toThrow("phi.integrity");
  expect(() => opened(TO, newKey, ROWS)).toThrow("phi.integrity");
});

faultTest("E2", "a field that doesn't open where it stands moves nothing", async (defence) => {
  const [age, arm] = ROWS as [FieldRow, FieldRow];
  const swapped = defence === "on" ? [age, { ...arm, sealed: age.sealed }] : [age, arm];
  expect(() => moveFields(transfer(), ID, from, to, swapped)).toThrow("phi.integrity");
  expect(() => moveFields(transfer(), ID, from, to, [{ ...age, subject: `${ID.slice(0, -1)}2` }])).toThrow("phi.integrity");
  expect(() => moveFields(transfer(), ID, from, to, [{ ...age, classification: "public" }])).toThrow("phi.integrity");
});

test("only a transfer that reaches both places moves, and only a withdrawal seals its day", () => {
  for (const grant of [grantFor("packet.release", FROM, TO), grantFor("subject.transfer", FROM), grantFor("subject.transfer", TO)])
    expect(() => moveFields(grant, ID, from, to, ROWS)).toThrow("policy.denied");
  const day = (grant: Grant): string => sealConsentDate(grant, oldKey, { id: ID, ...FROM }, 1, "2024-06-01");
  for (const grant of [grantFor("subject.transfer", FROM), grantFor("subject.withdraw", TO)]) expect(() => day(grant)).toThrow("policy.denied");
  const field = consentField({ subject: ID, n: 1, sealed: day(grantFor("subject.withdraw", FROM)) });
  expect(opened(FROM, oldKey, field === null ? [] : [field])).toEqual(["2024-06-01"]);
  expect(openField(oldKey, { ...FROM, subject: ID, field: "CONSENT.FROM.1", version: 1 }, field?.sealed ?? "")).toContain("2024-06-01");
});

test("no dataset is called what consent is", async () => {
  const text = readFileSync(new URL("../vectors/dm-1.1.json", import.meta.url), "utf8");
  await expect(readDataset(text.replace('"name": "DM"', '"name": "CONSENT"'))).rejects.toMatchObject({
    code: "packet.invalid",
    context: { where: [expect.stringContaining("name")] },
  });
});
