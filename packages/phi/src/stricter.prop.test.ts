import { secretKey } from "@sallyport/crypto";
import { Grant } from "@sallyport/policy";
import { seededBytes } from "@sallyport/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { Phi } from "./phi.ts";
import type { Classification } from "./ports.ts";
import { Classifier, VARIABLE_KINDS } from "./profile.ts";
import { openFields, sealRecord } from "./sealed-record.ts";

const CLASSES = ["public", "regulatory", "phi", "treatment"] as const;
const random = seededBytes("stricter");
const key = { id: "sub-test-1", key: secretKey(random(32)) };
const subject = { id: "sub_00000000000000000000000001", study: "S", site: "N1" };
const grantFor = (action: "packet.release" | "subject.read" | "phi.read", readable: readonly string[], masked: readonly string[]): Grant =>
  Grant.issue(
    { principal: "svc_a", person: "svc_a", workload: "w", action, resource: "subject", requestId: "req", policy: "v1:0" },
    { effect: "allow", rule: "r", role: "role", sites: [subject], fields: { readable, masked } },
  );
const release = grantFor("packet.release", [], []);
const value = fc.oneof(fc.string({ maxLength: 12 }), fc.integer({ min: 0, max: 120 }), fc.constant(null), fc.constantFrom("2020", "2020-02-01", "90"));

test("whatever a field was released with and whatever the profile says now, no more is shown than both let through, and a value no more than it is itself", () => {
  fc.assert(
    fc.property(fc.constantFrom(...CLASSES), fc.constantFrom(...CLASSES), fc.constantFrom(...VARIABLE_KINDS), value, fc.boolean(), (stored, now, kind, held, isReveal) => {
      const rule = { classification: now, hipaa: null, kind, note: "" };
      const classifier = new Classifier({ ...cdiscSdtm, domains: { DM: { X: rule } } }, 2026);
      const field = { name: "X", classification: stored, value: new Phi(held, { site: subject, classification: stored }) };
      const { fields } = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: [field] }, random);
      const grant = isReveal ? grantFor("phi.read", ["public", "regulatory", "phi"], []) : grantFor("subject.read", ["public", "regulatory"], ["phi"]);
      const [view] = openFields(grant, key, subject, fields, classifier);
      // The model, written out: the strictest of three says what is shown.
      const rank = (of: Classification): number => CLASSES.indexOf(of);
      const strictest = Math.max(rank(stored), rank(now), rank(classifier.ofValue("DM", "X", held)));
      const expected = strictest === 3 ? "hidden" : strictest === 2 && !isReveal ? "masked" : "open";
      expect(view?.shown ?? "hidden").toBe(expected);
      if (view?.shown === "open") expect(view.value.open(grant)).toEqual(held);
    }),
    { numRuns: 400 },
  );
});

test("tightening holds at once: a field that was released as regulatory is masked under a profile that says PHI, and can't be read", () => {
  const field = { name: "COUNTRY", classification: "regulatory" as const, value: new Phi("NLD", { site: subject, classification: "regulatory" }) };
  const { fields } = sealRecord(release, key, subject, { domain: "DM", record: "1", version: 1, position: 1, fields: [field] }, random);
  const under = (classification: Classification) =>
    openFields(
      grantFor("subject.read", ["public", "regulatory"], ["phi"]),
      key,
      subject,
      fields,
      new Classifier({ ...cdiscSdtm, domains: { DM: { COUNTRY: { classification, hipaa: null, kind: "place", note: "" } } } }, 2026),
    ).map(({ shown }) => shown);
  expect([under("public"), under("regulatory"), under("phi"), under("treatment")]).toEqual([["open"], ["open"], ["masked"], []]);
});
