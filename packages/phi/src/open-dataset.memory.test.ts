import { expect, test } from "vitest";
import { openDataset } from "./open-dataset.ts";

const MIB = 1024 * 1024;
const MEGABYTES = process.env["SALLYPORT_TEST_LONG"] === undefined ? 48 : 1_000;
/** What V8 lets lie between two collections, a batch, and the digests of the rows: 16 to 32 bytes each. */
const RESIDENT_MAX = (MEGABYTES > 100 ? 256 : 128) * MIB;

const head = {
  datasetJSONCreationDateTime: "2031-05-01T00:00:00",
  datasetJSONVersion: "1.1.0",
  itemGroupOID: "IG.VS",
  studyOID: "S",
  name: "VS",
  label: "Vital Signs",
  columns: ["STUDYID", "DOMAIN", "USUBJID", "VSSEQ", "VSORRES"].map((name) => ({ itemOID: name, name, label: name, dataType: name === "VSSEQ" ? "integer" : "string" })),
};
const result = "x".repeat(400);
const row = (at: number): string => `["SYNTH-01","VS","SYN-${at % 5_000}",${at},"${result}"]`;
const COUNT = Math.floor((MEGABYTES * 1e6) / row(1_000_000).length);

/** A file that nobody ever holds whole. */
async function* generated(form: "json" | "ndjson"): AsyncGenerator<Uint8Array> {
  const text = JSON.stringify({ ...head, records: COUNT });
  yield Buffer.from(form === "json" ? `${text.slice(0, -1)},"rows":[` : `${text}\n`);
  for (let at = 0; at < COUNT; at += 1_000) {
    const rows = Array.from({ length: Math.min(1_000, COUNT - at) }, (_, more) => row(at + more));
    yield Buffer.from(rows.join(form === "json" ? "," : "\n") + (at + 1_000 >= COUNT ? "" : form === "json" ? "," : "\n"));
  }
  if (form === "json") yield Buffer.from("]}");
}

test.each(["json", "ndjson"] as const)(
  `${MEGABYTES} MB of %s are read in bounded memory`,
  async (form) => {
    const before = process.memoryUsage.rss();
    let most = 0;
    let rows = 0;
    for await (const batch of (await openDataset(() => generated(form))).rows()) {
      rows += batch.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect(rows).toBe(COUNT);
    expect(most - before).toBeLessThan(RESIDENT_MAX);
  },
  900_000,
);
