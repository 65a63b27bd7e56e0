import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { secretKey } from "@sallyport/crypto";
import { Grant } from "@sallyport/policy";
import { seededBytes } from "@sallyport/testkit";
import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { readDataset } from "./open-dataset.ts";
import { Phi } from "./phi.ts";
import { classify, Classifier } from "./profile.ts";
import { openFields, sealRecord } from "./sealed-record.ts";

const file = new URL("../../../../shared/vectors/blns/blns.json", import.meta.url);
const subject = { id: "sub_00000000000000000000000001", study: "SYNTH-01", site: "N01" };
const grant = Grant.issue(
  { principal: "svc_a", person: "svc_a", workload: "w", action: "packet.release", resource: "packet", requestId: "req", policy: "v1:0" },
  { effect: "allow", rule: "r", role: "role", sites: [subject], fields: { readable: [], masked: [] } },
);
const key = { id: "sub-test-1", key: secretKey(seededBytes("blns")(32)) };

describe.skipIf(!existsSync(file))(existsSync(file) ? "the naughty strings" : "the naughty strings (skipped: ../shared/vectors is not there)", () => {
  test("every one of them, sealed in every text field of DM, opens as it was", async () => {
    const naughty = JSON.parse(readFileSync(file, "utf8")) as readonly string[];
    expect(naughty.length).toBeGreaterThan(500);
    const dataset = await readDataset(readFileSync(new URL("../vectors/dm-1.0.json", import.meta.url)));
    const names = dataset.columns.filter(({ type }) => type === "string").map(({ name }) => name);
    for (const [index, value] of naughty.entries()) {
      const fields = names.map((name) => {
        const { classification } = classify(cdiscSdtm, "DM", name);
        return { name, classification, value: new Phi(value, { site: subject, classification }) };
      });
      const { fields: rows } = sealRecord(grant, key, subject, { domain: "DM", record: "1", version: index + 1, fields });
      const opened = openFields(grant, key, subject, rows, new Classifier(cdiscSdtm, 2026)).map((view) => (view.shown === "open" ? view.value.open(grant) : null));
      expect(opened).toEqual(names.map(() => value));
    }
  }, 60_000);
});
